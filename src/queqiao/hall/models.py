"""Themes, in which staff show records together, and how often records were looked at."""

from django.db import models

from queqiao.accounts.models import Scope
from queqiao.core.models import Record


class Theme(Record):
    """Records that staff of a scope show together under one heading, from a day to a day.

    It is seen in the hall while ``shown`` and within its days; what stands in it still obeys the list rule.
    """

    number = models.CharField(max_length=20, unique=True, editable=False)
    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="themes")
    title = models.CharField(max_length=60)
    title_en = models.CharField(max_length=120, blank=True)
    intro = models.TextField(blank=True)
    intro_en = models.TextField(blank=True)
    cover = models.CharField(max_length=200, blank=True, editable=False)  # where the picture lies among the files
    begins_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    shown = models.BooleanField(default=False, editable=False)
    position = models.PositiveIntegerField(default=0, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        """In the order that staff gave them."""

        ordering = ("position", "-recorded_at", "id")

    def __str__(self) -> str:
        return self.title


class ThemeItem(Record):
    """One record in a theme, with what staff say for it."""

    theme = models.ForeignKey(Theme, on_delete=models.CASCADE, related_name="items")
    kind = models.CharField(max_length=20)
    record_id = models.UUIDField()
    position = models.PositiveIntegerField()
    note = models.CharField(max_length=200, blank=True)
    note_en = models.CharField(max_length=300, blank=True)

    class Meta:
        """In the order that staff gave them; a record stands in a theme once."""

        ordering = ("position", "id")
        constraints = (models.UniqueConstraint(fields=("theme", "record_id"), name="once_in_a_theme"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id}"


class ViewCount(models.Model):
    """How often others than its owner and the staff opened a record's page on a day; never who."""

    kind = models.CharField(max_length=20)
    record_id = models.UUIDField()
    day = models.DateField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        """One row for each record and day."""

        constraints = (models.UniqueConstraint(fields=("record_id", "day"), name="one_count_a_day"),)
        indexes = (models.Index(fields=("kind", "day", "record_id", "count")),)

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id} {self.day} {self.count}"
