"""Searches that people keep."""

from django.db import models
from django.utils import timezone

from queqiao.accounts.models import Person
from queqiao.core.models import Record


class SavedSearch(Record):
    """A question that a person keeps, and of whose new hits he is told.

    ``chosen`` maps facets to values, as in ``asking.Question``; ``told_until`` is the time of publication up to which
    hits are settled.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="saved_searches")
    name = models.CharField(max_length=60)
    text = models.CharField(max_length=500, blank=True)
    chosen = models.JSONField(default=dict)
    tells = models.BooleanField(default=True)
    told_until = models.DateTimeField(default=timezone.now)

    class Meta:
        """In the order of saving; the same question once."""

        ordering = ("recorded_at", "id")

    def __str__(self) -> str:
        return self.name
