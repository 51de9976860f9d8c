"""Places, fields and classifications."""

from django.apps import AppConfig


class TaxonomyConfig(AppConfig):
    """Places, fields and classifications."""

    name = "queqiao.taxonomy"
    label = "taxonomy"
