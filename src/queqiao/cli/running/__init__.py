"""What ``queqiao serve`` keeps running, and the opening of the site for commands that need its database.

The command modules stay light, so that ``queqiao --help`` and ``queqiao match`` never load Django; what needs it lies
here and is imported by ``open_site``.
"""

import os
from importlib import import_module
from types import ModuleType

import django

from queqiao.core.errors import QueqiaoError
from queqiao.env import SettingError


def open_site(module: str) -> ModuleType:
    """Set Django up and import a module of this package; QueqiaoError where a setting is wrong."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "queqiao.settings")
    try:
        django.setup()
    except SettingError as error:
        raise QueqiaoError(str(error)) from error
    return import_module(f"{__name__}.{module}")
