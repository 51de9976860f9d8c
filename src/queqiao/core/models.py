"""The activity log, the number series, and what every record has."""

from typing import Any, NoReturn

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

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
    recorded_at = models.DateTimeField(editable=False)

    class Meta:
        """A pattern for other tables."""

        abstract = True
