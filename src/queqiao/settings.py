"""Django's settings. What an operator may change comes from the environment; see docs/reference/settings.md."""

import os
from pathlib import Path

from queqiao.env import read_database, read_flag, read_list, read_secret

DATA_DIR = Path(os.environ.get("QUEQIAO_DATA_DIR", "data")).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = read_flag("QUEQIAO_DEBUG", default=False)
SECRET_KEY = read_secret("QUEQIAO_SECRET_KEY", DATA_DIR / "secret.key")
ALLOWED_HOSTS = read_list("QUEQIAO_HOSTS", default=("localhost", "127.0.0.1", "[::1]"))

INSTALLED_APPS = ["queqiao.core"]
DATABASES = {"default": read_database("QUEQIAO_DATABASE_URL", DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
