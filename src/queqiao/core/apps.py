"""The ground floor: what every record needs, whatever it is about."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Registers the activity log and the number series."""

    name = "queqiao.core"
    label = "core"
