"""Queqiao 鹊桥 brings university research and enterprise needs together."""

__version__ = "0.1.0"
