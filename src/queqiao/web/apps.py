"""The pages."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The pages."""

    name = "queqiao.web"
    label = "web"
