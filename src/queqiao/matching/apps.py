"""Matching: which needs and candidates belong together, and what people make of it."""

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    """Matches, the rounds of needs, and the statistics under which pairs are scored."""

    name = "queqiao.matching"
    label = "matching"
