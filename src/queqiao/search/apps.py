"""The index of search: what stands in it, and the one process that writes it."""

from django.apps import AppConfig


class SearchConfig(AppConfig):
    """Has no tables of its own; everything it keeps can be made again from those of the others."""

    name = "queqiao.search"
    label = "search"
