"""Pages of long lists whose cost does not grow with the list."""

import uuid
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator


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


class KeyedPaginator(CappedPaginator):
    """Goes through a narrowed list once, for its first ``cap`` keys, and fetches whole rows for one page only.

    ``fetch`` returns the rows of given keys in any order; it repeats the rule of who may see them, and not the
    conditions of the list.
    """

    def __init__(
        self, rows: Any, per_page: int, fetch: Callable[[list[uuid.UUID]], Iterable[Any]], *, cap: int, **options: Any
    ):
        super().__init__(rows, per_page, cap=cap, **options)
        self._fetch = fetch

    @cached_property
    def keys(self) -> list[uuid.UUID]:
        """The keys of the first ``cap`` rows, in the order of the list."""
        rows: Any = self.object_list
        return list(rows.values_list("pk", flat=True)[: self.cap])

    @cached_property
    def count(self) -> int:
        """The number of rows, at most ``cap``."""
        return len(self.keys)

    def page(self, number: int | str) -> Page[Any]:
        """Return one page of rows in the order of the list."""
        number = self.validate_number(number)
        wanted = self.keys[(number - 1) * self.per_page : number * self.per_page]
        found = {row.pk: row for row in self._fetch(wanted)}
        return Page([found[key] for key in wanted if key in found], number, self)
