"""The one door for writing matches."""
