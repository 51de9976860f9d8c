"""The engine: a pure library of text analysis, retrieval, ranking, classification and assignment.

No Django, no clock, no network, no unseeded randomness: the same arguments give the same result.
"""
