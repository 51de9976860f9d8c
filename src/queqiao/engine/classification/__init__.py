"""Classification: which label of a short list fits a text, learned from a table of labelled texts.

``classify`` labels a table of texts, ``learn`` makes a ``Model`` that labels further texts one by one.

Small tables are the usual case: some eight to thirty texts for each of some dozens of labels. See
docs/why/classification.md.
"""
