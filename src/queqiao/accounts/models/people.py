"""People, what they are called, where they work and what they may do."""

from django.db import models

from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models.organisations import Organisation, Scope
from queqiao.core.models import DatedFact, Record


class Person(Record):
    """One human, once; users, experts, judges and contacts all point here."""

    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=120, blank=True)
    mobile = models.CharField(max_length=20, blank=True)
    email = models.EmailField(blank=True)
    birth_year = models.PositiveSmallIntegerField(null=True, blank=True)
    orcid = models.CharField(max_length=19, blank=True)
    merged_into = models.ForeignKey("self", null=True, editable=False, on_delete=models.PROTECT, related_name="merged")
    erased_at = models.DateTimeField(null=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        """Lists go by name."""

        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class Alias(Record):
    """Another name of an organisation or a person, and from when to when it was used."""

    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="aliases")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="aliases")
    name = models.CharField(max_length=200)
    begins_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)

    class Meta:
        """Each alias belongs to exactly one organisation or person."""

        ordering = ("recorded_at", "id")
        indexes = (models.Index(fields=("name",)),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(organisation=None) ^ models.Q(person=None), name="alias_of_one_thing"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Affiliation(DatedFact):
    """A person works at an organisation under a title, from a day to a day."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="affiliations")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="affiliations")
    title = models.CharField(max_length=60, blank=True)
    department = models.CharField(max_length=80, blank=True)

    class Meta:
        """In the order of recording."""

        ordering = ("recorded_at", "id")

    def __str__(self) -> str:
        return f"{self.person_id} at {self.organisation_id}"


class Role(DatedFact):
    """What a person may do for an organisation, or for the whole site; a dated row, never a flag."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="roles")
    kind = models.CharField(max_length=20, choices=RoleKind.choices)
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="roles")
    scope = models.ForeignKey(Scope, null=True, on_delete=models.PROTECT, related_name="roles")

    class Meta:
        """In the order of recording."""

        ordering = ("recorded_at", "id")

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind}"


class Substitution(DatedFact):
    """While a person is away, another one sees and settles what waits for him."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="substitutions")
    substitute = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="substitutes_for")

    class Meta:
        """In the order of recording."""

        ordering = ("recorded_at", "id")

    def __str__(self) -> str:
        return f"{self.substitute_id} for {self.person_id}"


class Merge(Record):
    """Two records turned out to be one; ``moved`` lists the rows that changed hands, so that a split can undo it."""

    kind = models.CharField(max_length=20)  # organisation or person
    source_id = models.UUIDField(db_index=True)
    target_id = models.UUIDField(db_index=True)
    moved = models.JSONField()  # {"app.Model.field": [id, ...]}
    merged_by = models.CharField(max_length=80)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        """In the order of merging."""

        ordering = ("recorded_at", "id")

    def __str__(self) -> str:
        return f"{self.source_id} into {self.target_id}"
