"""Enterprise needs."""

from django.apps import AppConfig


class NeedsConfig(AppConfig):
    """Enterprise needs."""

    name = "queqiao.needs"
    label = "needs"
