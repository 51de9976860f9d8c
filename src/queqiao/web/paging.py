"""Pages of long lists whose cost does not grow with the list."""

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator


class CappedPaginator(Paginator[Any]):
    """Counts up to ``cap`` rows and no further; ``is_capped`` says that there are more.

    ``known`` is the number of rows where somebody has counted them already.
    """

    def __init__(self, rows: Any, per_page: int, *, cap: int = 1_000, known: int | None = None, **options: Any):
        super().__init__(rows, per_page, **options)
        self.cap, self._known = cap, known

    @cached_property
    def count(self) -> int:
        """The number of rows, at most ``cap``."""
        if self._known is not None:
            return min(self._known, self.cap)
        rows: Any = self.object_list
        bare = rows.order_by() if rows.query.combinator else rows.order_by().values("pk")
        return int(bare[: self.cap].count())

    @property
    def is_capped(self) -> bool:
        """Whether there may be more rows than are counted."""
        return self.count >= self.cap
