"""Versions of encoders: a name that people know, and what tells it from all others."""

import re

_LONGEST = 18  # so that a version fits beside that of a learned model where matches keep it


def version_of(name: str, digest: str) -> str:
    """Return ``name@`` and eight hexadecimal digits, at most 27 characters without blanks."""
    plain = re.sub(r"[^\w.-]+", "-", name.rstrip("/").rpartition("/")[2]).strip("-")
    return f"{plain[:_LONGEST] or 'encoder'}@{digest[:8]}"
