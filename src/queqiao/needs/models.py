"""What enterprises lack."""

from django.db import models

from queqiao.core.money import Qualifier
from queqiao.records.models import CatalogueRecord
from queqiao.taxonomy.models import Node


class Need(CatalogueRecord):
    """A problem that an enterprise wants solved, with the indicators to reach."""

    KIND, PREFIX = "need", "XQ"
    CONTENT = (
        "title", "problem", "background", "indicators", "tried", "fields", "keywords", "chain_nodes", "bottleneck",
        "budget_low", "budget_high", "budget_qualifier", "budget_currency", "deadline",
        "cooperation", "region_wish", "region", "contact_name", "contact_details", "visibility", "blind_title",
        "valid_until",
    )  # fmt: skip
    REQUIRED = ("title", "problem", "fields")
    PERSONAL = INSIDE = ("contact_name", "contact_details")
    BLIND = ("indicators", "fields", "bottleneck", "deadline", "cooperation", "region")

    problem = models.TextField(blank=True)
    background = models.TextField(blank=True)
    indicators = models.TextField(blank=True)
    tried = models.TextField(blank=True)
    chain_nodes = models.ManyToManyField(Node, blank=True, related_name="chain_needs")
    bottleneck = models.BooleanField(default=False)
    budget_low = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    budget_high = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    budget_qualifier = models.CharField(
        max_length=5, default=Qualifier.EXACT.value, choices=[(item.value, item.value) for item in Qualifier]
    )
    budget_currency = models.CharField(max_length=3, default="CNY")
    deadline = models.DateField(null=True, blank=True)
    region_wish = models.CharField(max_length=60, blank=True)
    contact_name = models.CharField(max_length=60, blank=True)
    contact_details = models.CharField(max_length=100, blank=True)

    class Meta(CatalogueRecord.Meta):
        """The hall shows what ends soon."""

        indexes = (*CatalogueRecord.Meta.indexes, models.Index(fields=("state", "deadline")))  # type: ignore[assignment]  # one more
