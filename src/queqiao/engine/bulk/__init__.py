"""Everything against everything: for every need the best candidates of all, in one pass, in parts that can be resumed.

``tables`` holds both sides, ``kernel`` is the pure function of one part, ``job`` cuts a job into parts and puts their
files together. ``matching.bulk`` runs the parts.
"""
