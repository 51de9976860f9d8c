"""Matching: which needs and candidates belong together, and what people make of it."""

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    """Matches, the rounds of needs, and the statistics under which pairs are scored."""

    name = "queqiao.matching"
    label = "matching"

    def ready(self) -> None:
        """Learn of every change of a record, in its own transaction."""
        from queqiao.core import actions  # noqa: PLC0415 -- models are ready only now
        from queqiao.matching.actions.running import note_due  # noqa: PLC0415 -- the same

        actions.after_change.append(note_due)
