"""The table of tasks that were handed to a colleague."""

from django.db import models

from queqiao.accounts.models import Person
from queqiao.core.models import Record


class HandOver(Record):
    """One task was handed to a colleague.

    ``since`` is the moment at which this task began, so that a later task of the same record is another one; a text
    that was saved half-done meanwhile is still the same. A task that is done needs no end: nothing waits any more.
    ``ended_at`` is set where the hand-over was taken back or another one took its place.
    """

    kind = models.CharField(max_length=20)  # of record; "" for a registration
    target_id = models.UUIDField()
    work = models.CharField(max_length=20)
    since = models.DateTimeField()
    giver = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="tasks_given")
    receiver = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="tasks_received")
    note = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """A task is in one hand at a time."""

        ordering = ("recorded_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("target_id", "work", "since"), condition=models.Q(ended_at=None), name="one_hand_a_task"
            ),
        )

    def __str__(self) -> str:
        return f"{self.work} {self.target_id} to {self.receiver_id}"
