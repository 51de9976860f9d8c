"""Achievements, experts and labs."""

from django.apps import AppConfig


class ResearchConfig(AppConfig):
    """Erases what is kept about an expert when the person leaves."""

    name = "queqiao.research"
    label = "research"

    def ready(self) -> None:
        """Put this room's part into the erasing of people."""
        from queqiao.accounts.actions import people  # noqa: PLC0415 -- models are ready only now
        from queqiao.research.actions import erase_experts  # noqa: PLC0415 -- the same

        people.on_erase.append(erase_experts)
