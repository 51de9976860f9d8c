"""What every catalogue record shares."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """Keeps audiences right when organisations and people are merged or split, and erases what is told of a person."""

    name = "queqiao.records"
    label = "records"

    def ready(self) -> None:
        """Put this room's part into moves of organisations and people."""
        from queqiao.accounts.actions import merging, organisations, people  # noqa: PLC0415 -- models are ready only now
        from queqiao.records.actions.audience import renew_after_move  # noqa: PLC0415 -- the same
        from queqiao.records.actions.handing_over import forget  # noqa: PLC0415 -- the same
        from queqiao.records.queries import open_records  # noqa: PLC0415 -- the same

        merging.after_move.append(renew_after_move)
        organisations.still_open.append(open_records)
        people.on_erase.append(forget)
