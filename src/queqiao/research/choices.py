"""The closed lists of this room."""

from django.db import models

from queqiao.core.i18n import lazy


class Stage(models.TextChoices):
    """How far an achievement has come."""

    LAB = "lab", lazy("实验室")
    PILOT = "pilot", lazy("中试")
    SMALL_SERIES = "small_series", lazy("小批量")
    PRODUCTION = "production", lazy("产业化")


class LabKind(models.TextChoices):
    """What a lab is."""

    KEY_LAB = "key_lab", lazy("重点实验室")
    ENGINEERING_CENTRE = "engineering_centre", lazy("工程中心")
    PILOT_LINE = "pilot_line", lazy("中试线")
    SHARED_FACILITY = "shared_facility", lazy("共享平台")
