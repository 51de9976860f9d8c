"""Enterprise needs."""

from django.apps import AppConfig


class NeedsConfig(AppConfig):
    """Erases a person who leaves from the needs that name him as the contact."""

    name = "queqiao.needs"
    label = "needs"

    def ready(self) -> None:
        """Put this room's part into the erasing of people."""
        from queqiao.accounts.actions import people  # noqa: PLC0415 -- models are ready only now
        from queqiao.needs.actions import erase_contact  # noqa: PLC0415 -- the same

        people.on_erase.append(erase_contact)
