"""Text: one analyser for the index, the query, the ranking and the explanation."""
