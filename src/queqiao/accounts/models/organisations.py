"""Organisations, scopes, and who belongs to which when."""

from django.db import models

from queqiao.accounts.choices import OrganisationKind, OrganisationSize, OrganisationState, ScopeKind
from queqiao.core.models import DatedFact, Record
from queqiao.taxonomy.models import Classification, Region


class Organisation(Record):
    """A legal body or a part of one; ``parent`` is the legal tree only, scopes are apart.

    ``merged_into`` leads from an organisation that turned out to be another one to that one.
    """

    number = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=200, blank=True)
    short_name = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=20, choices=OrganisationKind.choices)
    state = models.CharField(max_length=10, choices=OrganisationState.choices, default=OrganisationState.ACTIVE)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    merged_into = models.ForeignKey("self", null=True, editable=False, on_delete=models.PROTECT, related_name="merged")
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    credit_code = models.CharField(max_length=18, null=True, blank=True, unique=True)
    industry = models.CharField(max_length=10, blank=True)  # GB/T 4754
    size = models.CharField(max_length=10, blank=True, choices=OrganisationSize.choices)
    listed = models.BooleanField(default=False)
    tags = models.JSONField(default=list, blank=True)
    website = models.URLField(blank=True)
    introduction = models.TextField(blank=True)
    logo = models.CharField(max_length=200, blank=True, editable=False)  # where the picture lies among the files
    contact_name = models.CharField(max_length=60, blank=True)
    contact_mobile = models.CharField(max_length=20, blank=True)
    contact_email = models.EmailField(blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        """Lists go by name."""

        ordering = ("name", "id")
        indexes = (models.Index(fields=("state", "name", "id")), models.Index(fields=("state", "kind", "name")))

    def __str__(self) -> str:
        return self.name


class Scope(Record):
    """A city, zone, association, programme or university under whose name things are run and counted."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=20, choices=ScopeKind.choices)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    operator = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="operated_scopes")
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT)
    classifications = models.ManyToManyField(Classification, blank=True, related_name="scopes")
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        """Lists go by name."""

        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class ScopeMembership(DatedFact):
    """An organisation belongs to a scope, from a day to a day."""

    scope = models.ForeignKey(Scope, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")

    class Meta:
        """Read from either side."""

        ordering = ("recorded_at", "id")

    def __str__(self) -> str:
        return f"{self.organisation_id} in {self.scope_id}"
