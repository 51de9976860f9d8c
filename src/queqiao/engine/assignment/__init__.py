"""Who serves which need: so many experts for each, within everybody's limits, for the best total or the fairest.

``assign`` and ``assign_fairly`` (``solving``) take a ``Problem`` and return an ``Assignment``;
``find_shortages`` (``shortages``) says beforehand why there can be none. ``find_team`` (``teams``) finds who covers a
need together where nobody covers it alone.
"""
