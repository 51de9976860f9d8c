"""The activity log, the number series, and what every record has."""

import datetime
from typing import Any, NoReturn, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from queqiao.core.dates import Precision
from queqiao.core.identifiers import new_id


class AppendOnlyError(RuntimeError):
    """Somebody tried to change or delete what is only ever added to."""


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """A query set that adds and reads, and nothing else."""

    def update(self, **_values: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError("activities are never changed")

    def delete(self) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError("activities are never deleted")


class Activity(models.Model):
    """One change of one record: who did what to it, when, and each field before and after.

    Rows form a chain: each carries the hash of the one before, so that a row that was changed or taken out behind
    our back is found (``queries.first_broken_link``).
    """

    recorded_at = models.DateTimeField()
    actor = models.CharField(max_length=80)  # person:<id>, or system:<what>
    verb = models.CharField(max_length=40)
    target_kind = models.CharField(max_length=40)
    target_id = models.UUIDField()
    changes = models.JSONField(encoder=DjangoJSONEncoder)  # {field: [before, after]}
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        """Read in the order of writing, mostly the history of one record."""

        ordering = ("id",)
        indexes = (models.Index(fields=("target_kind", "target_id", "id")),)

    def __str__(self) -> str:
        return f"{self.recorded_at:%Y-%m-%d %H:%M} {self.actor} {self.verb} {self.target_kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row; AppendOnlyError where it is there already."""
        if self.pk is not None:
            raise AppendOnlyError("activities are never changed")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError("activities are never deleted")


class LogHead(models.Model):
    """The end of the chain; whoever adds a link holds this row, so that two writers never add to the same one."""

    hash = models.CharField(max_length=64, default="")
    recorded_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.hash


class NumberSeries(models.Model):
    """The last number given out under a prefix in a year, such as XQ in 2026."""

    prefix = models.CharField(max_length=8)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        """One row for each prefix and year."""

        constraints = (models.UniqueConstraint(fields=("prefix", "year"), name="one_series_a_year"),)

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}-{self.last:05}"


class Record(models.Model):
    """What every record has: a public id, and the time at which it was first written down."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """A pattern for other tables."""

        abstract = True


class DatedFactQuerySet(models.QuerySet[Any]):
    """Facts by the day on which they held."""

    def current(self, day: datetime.date | None = None) -> Self:
        """Only facts that are not superseded and hold on ``day`` (today in Shanghai where none is given)."""
        day = day or timezone.localdate()
        return self.filter(
            models.Q(begins_on=None) | models.Q(begins_on__lte=day),
            models.Q(ends_on=None) | models.Q(ends_on__gte=day),
            superseded_at=None,
        )

    def known_at(self, moment: datetime.datetime) -> Self:
        """Only facts as they were known at ``moment``: recorded by then and not yet superseded."""
        return self.filter(models.Q(superseded_at=None) | models.Q(superseded_at__gt=moment), recorded_at__lte=moment)


class DatedFact(Record):
    """A fact with the days on which it held and the time at which it was recorded; superseded, never overwritten.

    ``ends_on`` is the last day on which it holds. ``precision`` says how exactly ``begins_on`` is known.
    """

    begins_on = models.DateField(null=True, blank=True)
    precision = models.CharField(
        max_length=5, choices=[(item.value, item.value) for item in Precision], default=Precision.DAY.value
    )
    ends_on = models.DateField(null=True, blank=True)
    recorded_by = models.CharField(max_length=80)
    superseded_at = models.DateTimeField(null=True, editable=False)
    superseded_by = models.ForeignKey("self", null=True, editable=False, on_delete=models.PROTECT, related_name="+")

    objects = DatedFactQuerySet.as_manager()

    class Meta:
        """A pattern for other tables."""

        abstract = True


class ExternalId(models.Model):
    """What another system calls one of our records; the same name in the same source is one record."""

    kind = models.CharField(max_length=40)
    target_id = models.UUIDField(db_index=True)
    source = models.CharField(max_length=80)
    value = models.CharField(max_length=200)

    class Meta:
        """One record for each name of a source."""

        constraints = (models.UniqueConstraint(fields=("kind", "source", "value"), name="one_record_a_name"),)

    def __str__(self) -> str:
        return f"{self.source}:{self.value}"


class Translation(models.Model):
    """One field of one record in another language than its source; says who made it and whether it was checked."""

    kind = models.CharField(max_length=40)
    target_id = models.UUIDField()
    field = models.CharField(max_length=40)
    language = models.CharField(max_length=10)
    text = models.TextField()
    by_machine = models.BooleanField(default=False)
    checked = models.BooleanField(default=False)
    source_hash = models.CharField(max_length=64)  # of the source text that was translated: tells an outdated one

    class Meta:
        """One text for each field and language."""

        constraints = (models.UniqueConstraint(fields=("target_id", "field", "language"), name="one_text_a_language"),)

    def __str__(self) -> str:
        return self.text[:60]


class RunState(models.TextChoices):
    """Where a run is; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Run(models.Model):
    """One piece of work in the background: what is to be done for whom, how far it is, and how it ended.

    Written by ``core.runs`` only. ``owner`` names one attempt of one worker; whoever writes as a worker names it, so
    that a worker that was given up for dead changes nothing any more.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=60)
    arguments = models.JSONField(encoder=DjangoJSONEncoder, default=dict)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)  # 0: not known
    note = models.CharField(max_length=200, default="")
    owner = models.CharField(max_length=120, default="")
    heartbeat = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(default="")  # a sentence for people
    error_reference = models.CharField(max_length=16, default="")  # finds the trace in the log
    result = models.JSONField(encoder=DjangoJSONEncoder, null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    queued_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    requested_by = models.CharField(max_length=80)  # person:<id>, or system:<what>
    rerun_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="reruns")
    task_id = models.UUIDField(null=True)  # its place in the queue

    class Meta:
        """The newest first; looked through by state."""

        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("state", "heartbeat")), models.Index(fields=("kind", "created_at")))

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class Lease(models.Model):
    """Who may do what only one process may do at a time; lapses where its holder gives no sign of life."""

    name = models.CharField(max_length=60, primary_key=True)
    holder = models.CharField(max_length=120)
    heartbeat = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"


class Tick(models.Model):
    """When a periodic piece of work was last begun."""

    name = models.CharField(max_length=60, primary_key=True)
    began_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Outbox(models.Model):
    """A change that search must still learn of; written in the transaction of the change, gone once it has.

    ``kind`` is that of a catalogue record, or ``organisation``: then all records of the organisation are meant.
    """

    kind = models.CharField(max_length=20)
    record_id = models.UUIDField(db_index=True)
    queued_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Taken in the order of writing."""

        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id}"
