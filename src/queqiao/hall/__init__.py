"""The hall: what staff put together for visitors, and what visitors look at."""
