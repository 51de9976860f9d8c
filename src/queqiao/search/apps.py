"""The index of search: what stands in it, and the one process that writes it; and the searches that people keep."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """The index can be made again from the tables of the others; the saved searches are this room's own."""

    name = "queqiao.search"
    label = "search"

    def ready(self) -> None:
        """Put this room's part into the erasing of people."""
        from queqiao.accounts.actions import people  # noqa: PLC0415 -- models are ready only now
        from queqiao.search.actions.saving import forget_searches  # noqa: PLC0415 -- the same

        people.on_erase.append(forget_searches)
