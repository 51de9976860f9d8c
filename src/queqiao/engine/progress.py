"""How far long work is: told to whoever asked for it, and to nobody by default."""

from collections.abc import Callable

Progress = Callable[[int, int], None]  # done, of how many


def silent(done: int, total: int) -> None:
    """Report no progress."""
