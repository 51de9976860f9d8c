"""What achievements, needs, experts and labs have in common, and the rows that hang on any of them."""

from typing import Any, ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from queqiao.accounts.models import Organisation, Person, Scope
from queqiao.core.models import DatedFact, Record
from queqiao.records.choices import State, Visibility
from queqiao.taxonomy.models import Node, Region


class CatalogueRecord(Record):
    """A record with an owner, a life cycle and an audience.

    ``KIND`` names it in the log, in addresses and in tokens; ``PREFIX`` begins its readable number. ``CONTENT`` lists
    the fields that people fill in, in the order of the form; ``BLIND`` those of them that a stranger sees of a blind
    record.
    """

    KIND: ClassVar[str]
    PREFIX: ClassVar[str]
    CONTENT: ClassVar[tuple[str, ...]]
    BLIND: ClassVar[tuple[str, ...]] = ()
    REQUIRED: ClassVar[tuple[str, ...]] = ("title", "fields")  # without these nothing is submitted

    PERSONAL: ClassVar[tuple[str, ...]] = ()  # the log keeps marks of these, not the values
    INSIDE: ClassVar[tuple[str, ...]] = ()  # in full for the owner and the staff; others see them masked, or not

    number = models.CharField(max_length=20, unique=True, editable=False)
    title = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT, editable=False)
    visibility = models.CharField(max_length=10, choices=Visibility.choices, default=Visibility.PUBLIC)
    blind_title = models.CharField(max_length=120, blank=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="%(class)ss")
    created_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="created_%(class)ss")
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    fields = models.ManyToManyField(Node, blank=True, related_name="%(class)ss")
    keywords = models.JSONField(default=list, blank=True)
    cooperation = models.JSONField(default=list, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, editable=False)
    published_at = models.DateTimeField(null=True, editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    reason = models.CharField(max_length=500, blank=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        """The hall shows the newest first."""

        abstract = True
        ordering = ("-published_at", "-id")
        indexes = (
            # Lists are narrowed by region and by words of the title without looking at the rows themselves.
            models.Index(fields=("state", "-published_at", "-id", "region", "title"), name="%(class)s_hall"),
            models.Index(fields=("organisation", "state", "-published_at", "-id"), name="%(class)s_owner"),
            models.Index(fields=("created_by", "state"), name="%(class)s_author"),
            models.Index(fields=("state", "valid_until"), name="%(class)s_valid"),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class RecordScope(DatedFact):
    """A record is shown and counted in a scope, from a day to a day."""

    kind = models.CharField(max_length=20)
    record_id = models.UUIDField()
    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="records")

    class Meta:
        """Read from either side."""

        ordering = ("recorded_at", "id")
        indexes = (models.Index(fields=("record_id",)),)

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id} in {self.scope_id}"


class Grant(DatedFact):
    """An organisation or a person was invited to see a record."""

    kind = models.CharField(max_length=20)
    record_id = models.UUIDField()
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="grants")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="grants")

    class Meta:
        """Each grant names exactly one organisation or person."""

        ordering = ("recorded_at", "id")
        indexes = (models.Index(fields=("record_id",)),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(organisation=None) ^ models.Q(person=None), name="grant_to_one_party"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id}"


class Audience(models.Model):
    """Who may see a record, as tokens; derived from the record and renewed in every change of it.

    ``whole`` is false where the reader sees the blind form only.
    """

    kind = models.CharField(max_length=20)
    record_id = models.UUIDField()
    token = models.CharField(max_length=50)
    whole = models.BooleanField(default=True)

    class Meta:
        """Looked up by record and token in every list."""

        constraints = (models.UniqueConstraint(fields=("record_id", "token"), name="one_token_a_record"),)
        indexes = (models.Index(fields=("token", "kind")),)

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id} {self.token}"


class WorkingCopy(models.Model):
    """What somebody has typed into a record's form and not saved yet, or proposes for a published record.

    ``base_revision`` is the revision of the record on which the text was begun; ``proposed_at`` is set where it waits
    for the staff.
    """

    kind = models.CharField(max_length=20)
    record_id = models.UUIDField()
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="working_copies")
    base_revision = models.PositiveIntegerField()
    values = models.JSONField(encoder=DjangoJSONEncoder)
    saved_at = models.DateTimeField()
    proposed_at = models.DateTimeField(null=True)

    class Meta:
        """One copy for each record and person."""

        constraints = (models.UniqueConstraint(fields=("record_id", "person"), name="one_copy_a_person"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id} {self.saved_at:%Y-%m-%d %H:%M}"


class Attachment(Record):
    """A file of a record; the bytes lie under ``path`` in the files folder, named by their hash."""

    kind = models.CharField(max_length=20)
    record_id = models.UUIDField(db_index=True)
    name = models.CharField(max_length=120)
    path = models.CharField(max_length=120)
    mime = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    is_picture = models.BooleanField(default=False)
    in_blind_form = models.BooleanField(default=False)
    added_by = models.CharField(max_length=80)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        """In the order of adding."""

        ordering = ("recorded_at", "id")

    def __str__(self) -> str:
        return self.name


def concrete_kinds() -> dict[str, type[CatalogueRecord]]:
    """Return the catalogue models of the site by their kind; all rooms must be loaded."""
    return {model.KIND: model for model in _below(CatalogueRecord)}


def _below(model: Any) -> list[type[CatalogueRecord]]:
    return [sub for sub in sorted(model.__subclasses__(), key=lambda m: m.__name__) if not sub._meta.abstract]
