"""Public ids: sortable by the time at which they were made, and not to be guessed."""

import secrets
import time
import uuid


def new_id() -> uuid.UUID:
    """Return a UUID of version 7 (RFC 9562): 48 bits of Unix milliseconds, then 74 bits of chance."""
    milliseconds = time.time_ns() // 1_000_000
    bits = (milliseconds & (2**48 - 1)) << 80 | 7 << 76
    bits |= secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return uuid.UUID(int=bits)


def read_uuid(text: str) -> uuid.UUID | None:
    """Read an identifier that somebody sent; None for anything else."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
