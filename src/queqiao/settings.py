"""Django's settings. What an operator may change comes from the environment; see docs/reference/settings.md."""

import os
from pathlib import Path

from queqiao.core.i18n import lazy
from queqiao.env import read_database, read_flag, read_list, read_search, read_secret

PACKAGE = Path(__file__).parent
DATA_DIR = Path(os.environ.get("QUEQIAO_DATA_DIR", "data")).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)
FILES_DIR = DATA_DIR / "files"

DEBUG = read_flag("QUEQIAO_DEBUG", default=False)
SECRET_KEY = read_secret("QUEQIAO_SECRET_KEY", DATA_DIR / "secret.key")
ALLOWED_HOSTS = read_list("QUEQIAO_HOSTS", default=("localhost", "127.0.0.1", "[::1]"))
BIND = os.environ.get("QUEQIAO_BIND", "127.0.0.1:8000")
SITE_URL = os.environ.get("QUEQIAO_SITE_URL", f"http://{BIND}").rstrip("/")
SECURE = SITE_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SECURE else []
# The forwarded address is believed only where the operator says that a proxy of his own writes it.
BEHIND_PROXY = read_flag("QUEQIAO_BEHIND_PROXY", default=False)
if SECURE:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
    SECURE_HSTS_SECONDS = 31_536_000

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "ninja",
    "queqiao.core",
    "queqiao.taxonomy",
    "queqiao.accounts",
    "queqiao.records",
    "queqiao.research",
    "queqiao.needs",
    "queqiao.search",
    "queqiao.matching",
    "queqiao.hall",
    "queqiao.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "queqiao.web.middleware.policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "queqiao.web.middleware.compression",
    "queqiao.web.middleware.language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "queqiao.web.middleware.sign_in_state",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "queqiao.web.middleware.clear_errors",
]
ROOT_URLCONF = "queqiao.urls"
WSGI_APPLICATION = "queqiao.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [PACKAGE / "web" / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "queqiao.web.templating.environment",
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "queqiao.web.templating.frame",
            ],
        },
    },
]

DATABASES = {"default": read_database("QUEQIAO_DATABASE_URL", DATA_DIR)}
SEARCH_URL, SEARCH_TOKEN = read_search("QUEQIAO_SEARCH_URL", "QUEQIAO_SEARCH_TOKEN")  # empty: in the data folder
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "ENQUEUE_ON_COMMIT": False}}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["queqiao.accounts.backend.AddressBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "queqiao.accounts.passwords.LongAndMixed"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_AGE = 14 * 24 * 3600
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if read_flag("QUEQIAO_PLAIN_STATIC", default=False)
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FILE_UPLOAD_HANDLERS = [
    "queqiao.web.uploads.SizeGuard",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 600

# What the footer says; an empty one is not shown.
SITE = {
    "name": os.environ.get("QUEQIAO_SITE_NAME") or lazy("鹊桥"),
    "host": os.environ.get("QUEQIAO_SITE_HOST", ""),
    "contact": os.environ.get("QUEQIAO_SITE_CONTACT", ""),
    "icp": os.environ.get("QUEQIAO_SITE_ICP", ""),
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
CSRF_FAILURE_VIEW = "queqiao.web.views.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
