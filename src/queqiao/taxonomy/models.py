"""Regions, and classifications with their nodes."""

from django.db import models

from queqiao.core.i18n import lazy


class RegionKind(models.TextChoices):
    """What a region is."""

    COUNTRY = "country", lazy("国家")
    PROVINCE = "province", lazy("省级")
    CITY = "city", lazy("地级")
    COUNTY = "county", lazy("县级")
    ZONE = "zone", lazy("功能区")


class Region(models.Model):
    """A division of GB/T 2260 or a functional zone with a code of its own; ``parent`` holds it."""

    code = models.CharField(max_length=12, primary_key=True)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=10, choices=RegionKind.choices)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    begins_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)

    class Meta:
        """In the order of the codes."""

        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class Classification(models.Model):
    """A system of classes in one version: our own fields, a national standard, an operator's classes or a chain."""

    code = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120, blank=True)
    is_chain = models.BooleanField(default=False)

    class Meta:
        """One row for each version."""

        constraints = (models.UniqueConstraint(fields=("code", "version"), name="one_classification_a_version"),)

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Node(models.Model):
    """One class of a classification, or one link of a chain."""

    classification = models.ForeignKey(Classification, on_delete=models.PROTECT, related_name="nodes")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=200, blank=True)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    note = models.CharField(max_length=200, blank=True)
    same_as = models.ManyToManyField("self", symmetrical=False, related_name="mapped_from")

    class Meta:
        """One row for each code."""

        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("classification", "code"), name="one_node_a_code"),)

    def __str__(self) -> str:
        return self.name
