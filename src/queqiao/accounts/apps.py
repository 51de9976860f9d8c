"""Organisations, people, scopes, roles and the ways to sign in."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Organisations, people, scopes, roles and the ways to sign in."""

    name = "queqiao.accounts"
    label = "accounts"
