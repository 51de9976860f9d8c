"""The hall: what staff put together for visitors, and what visitors look at."""

from django.apps import AppConfig


class HallConfig(AppConfig):
    """Themes and the counts of views."""

    name = "queqiao.hall"
    label = "hall"

    def ready(self) -> None:
        """Have the covers of themes kept among the files, and their names told in the log."""
        from queqiao.hall.queries import covers  # noqa: PLC0415 -- models are ready only now
        from queqiao.records import auditing, tasks  # noqa: PLC0415 -- the same

        auditing.named_above["theme"] = (self.get_model("Theme"), "title")
        tasks.named_above.append(covers)
