"""What research offers: achievements, experts and labs."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from queqiao.accounts.models import Person
from queqiao.core.money import Qualifier
from queqiao.records.models import CatalogueRecord
from queqiao.research.choices import LabKind, Stage


class Achievement(CatalogueRecord):
    """A result of research that somebody could use."""

    KIND, PREFIX = "achievement", "CG"
    CONTENT = (
        "title", "result", "description", "advantages", "application", "indicators", "trl", "stage", "ip", "fields",
        "keywords", "team", "cooperation", "price", "price_qualifier", "price_currency", "policies", "awards", "region",
        "visibility", "blind_title", "valid_until",
    )  # fmt: skip
    REQUIRED = ("title", "result", "description", "fields")
    BLIND = ("result", "indicators", "trl", "stage", "fields", "cooperation", "region")

    result = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    advantages = models.TextField(blank=True)
    application = models.TextField(blank=True)
    indicators = models.TextField(blank=True)
    trl = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(9)]
    )
    stage = models.CharField(max_length=20, blank=True, choices=Stage.choices)
    ip = models.JSONField(default=list, blank=True)  # as core.rights keeps them
    team: models.ManyToManyField["Expert", Any] = models.ManyToManyField(
        "Expert", blank=True, related_name="achievements"
    )
    price = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)  # none: negotiable
    price_qualifier = models.CharField(
        max_length=5, default=Qualifier.EXACT.value, choices=[(item.value, item.value) for item in Qualifier]
    )
    price_currency = models.CharField(max_length=3, default="CNY")
    policies = models.CharField(max_length=300, blank=True)
    awards = models.CharField(max_length=300, blank=True)


class Expert(CatalogueRecord):
    """A researcher with fields, a record and availability; ``title`` is the name as it is shown."""

    KIND, PREFIX = "expert", "ZJ"
    CONTENT = (
        "title", "academic_title", "fields", "keywords", "record", "cooperation", "availability", "conflicts",
        "is_mentor", "is_commissioner", "is_judge", "region", "visibility", "blind_title", "valid_until",
    )  # fmt: skip
    REQUIRED = ("title", "fields", "record")
    PERSONAL = ("title", "record", "conflicts")
    INSIDE = ("conflicts",)
    BLIND = ("academic_title", "fields", "keywords", "cooperation", "availability", "region")

    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="experts")
    academic_title = models.CharField(max_length=60, blank=True)
    record = models.TextField(blank=True)
    availability = models.CharField(max_length=200, blank=True)
    conflicts = models.TextField(blank=True)
    is_mentor = models.BooleanField(default=False)
    is_commissioner = models.BooleanField(default=False)
    is_judge = models.BooleanField(default=False)


class Lab(CatalogueRecord):
    """A lab or a shared facility."""

    KIND, PREFIX = "lab", "SY"
    CONTENT = (
        "title", "lab_kind", "fields", "description", "equipment", "opening", "terms", "live_link", "keywords",
        "cooperation", "region", "visibility", "blind_title", "valid_until",
    )  # fmt: skip
    REQUIRED = ("title", "fields", "description")
    BLIND = ("lab_kind", "fields", "equipment", "region")

    lab_kind = models.CharField(max_length=20, choices=LabKind.choices, default=LabKind.KEY_LAB)
    description = models.TextField(blank=True)
    equipment = models.TextField(blank=True)
    opening = models.CharField(max_length=200, blank=True)
    terms = models.CharField(max_length=300, blank=True)
    live_link = models.URLField(blank=True)
