"""All settings; what differs per machine comes from the environment or from `.env`."""

import os
import tempfile
from pathlib import Path

import environ
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
# Variables of the process win over `.env`.
env.read_env(BASE_DIR / ".env", overwrite=False)

# Secrets have no default: a missing one stops the start with its name.
SECRET_KEY = env.str("SECRET_KEY")
UMS_ENCRYPTION_KEYS = env.list("UMS_ENCRYPTION_KEYS")

DEBUG = env.bool("DEBUG", default=False)

# The public address of this installation; callback URLs are built from it.
UMS_BASE_URL = (env.str("UMS_BASE_URL", default="") or "http://127.0.0.1:8000").rstrip("/")
# Health checks come by the loopback address, whatever is set.
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", UMS_BASE_URL.split("://")[-1].split("/")[0]]
ALLOWED_HOSTS += env.list("ALLOWED_HOSTS", default=[])
# A host with its port is what a person pastes; Django compares hosts only.
ALLOWED_HOSTS = [host if host.startswith("[") else host.split(":")[0] for host in ALLOWED_HOSTS]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[UMS_BASE_URL])

# Ports that request URLs may use (protocol/ums.md 10), and hosts or CIDRs on private or loopback
# addresses that channels may reach.
UMS_ALLOWED_PORTS = [
    int(port) for port in env.list("UMS_ALLOWED_PORTS", default=[80, 443, 25, 465])
]
UMS_OUTBOUND_ALLOW = env.list("UMS_OUTBOUND_ALLOW", default=[])

# Files that people upload until their import is finished, and those that callers upload.
UMS_DATA_DIR = Path(env.str("UMS_DATA_DIR", default=str(BASE_DIR / "var")))
UMS_DATA_DIR.mkdir(parents=True, exist_ok=True)
# Then the file of an import is deleted; its figures stay.
UMS_IMPORT_KEEP_DAYS = env.int("UMS_IMPORT_KEEP_DAYS", default=30)

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels_app",
    "users_app",
    "messaging_app",
    "ums",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "ums.middleware.OperatorTimeZoneMiddleware",
    "channels_app.throttling.AllowanceHeaders",
]

ROOT_URLCONF = "ums.urls"
WSGI_APPLICATION = "ums.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    },
]

DATABASES = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{UMS_DATA_DIR / 'ums.sqlite3'}")
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # Writers queue at BEGIN instead of failing half-way; a commit is on disk before we answer.
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": (
            "PRAGMA page_size=16384; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-49152; PRAGMA mmap_size=1073741824;"
            # Random keys touch the same pages again and again: write them back after 128 MB.
            "PRAGMA wal_autocheckpoint=8192; PRAGMA journal_size_limit=134217728"
        ),
    }
    # A file: a database in memory fails with "table is locked" where threads share it.
    DATABASES["default"]["TEST"] = {
        "NAME": f"{tempfile.gettempdir()}/ums-test-{os.getpid()}.sqlite3"
    }
DATABASES["default"].setdefault("CONN_MAX_AGE", 600)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The broker of the distributed engine (ums/celery.py); without one, `manage.py worker` does all.
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="")
UMS_QUEUE_PREFIX = env.str("UMS_QUEUE_PREFIX", default="ums.")
CELERY_TASK_QUEUES = {
    UMS_QUEUE_PREFIX + name: {"exchange": UMS_QUEUE_PREFIX + name}
    for name in ("urgent", "bulk", "callbacks", "imports")
}
CELERY_TASK_DEFAULT_QUEUE = UMS_QUEUE_PREFIX + "bulk"
# A hint is not worth waiting for: one attempt, soon given up.
CELERY_BROKER_TRANSPORT_OPTIONS = {"max_retries": 0} | (
    {"socket_connect_timeout": 2.0, "socket_timeout": 3.0, "visibility_timeout": 3600}
    if CELERY_BROKER_URL.startswith("redis")
    else {"write_timeout": 5}
)
# Calls to JPush at the same time, of each process of a Celery worker.
UMS_CALL_THREADS = env.int("UMS_CALL_THREADS", default=8)

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")

# A source string is English; the browser or API client chooses, else UMS_LANGUAGE.
LANGUAGE_CODE = env.str("UMS_LANGUAGE", default="en")
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "ums" / "locale"]
USE_I18N = True
USE_TZ = True
# Until a browser has told its own zone.
TIME_ZONE = env.str("UMS_TIME_ZONE", default="Asia/Shanghai")

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Served by the web process itself, straight from the apps: no collectstatic step to forget.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG  # a stylesheet that is being written

# 1,000 users with many registrationIDs, or 1,000 userids and a long message, fit well.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = UMS_BASE_URL.startswith("https://")
SESSION_COOKIE_HTTPONLY = True
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("UMS_BEHIND_TLS_PROXY", default=False) else None
)
X_FRAME_OPTIONS = "DENY"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["channels_app.authentication.BasicKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["ums.lib.api.RawBodyParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "ums.lib.negotiation.AlwaysFirst",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS is 405, in the same shape as all else
    "EXCEPTION_HANDLER": "ums.lib.api.exception_handler",
    "UNAUTHENTICATED_USER": None,
}

# The descriptions themselves stand beside the views, in `api_docs`.
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "UMS REST API",
    "VERSION": "1",
    "SORT_OPERATIONS": False,  # as the addresses are listed
    "POSTPROCESSING_HOOKS": ["ums.api_docs.introduce"],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("UMS_LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        # Answers with status 4xx are the caller's business, not ours.
        "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "django.server": {"handlers": [], "level": "WARNING", "propagate": False},
        # Several tasks a second, each with several lines.
        **{f"celery.{name}": {"level": "WARNING"} for name in ("beat", "worker", "app.trace")},
    },
}

UNFOLD = {
    "SITE_TITLE": "UMS",
    "SITE_HEADER": "UMS",
    "SITE_SUBHEADER": _("Unified message system"),
    "SITE_SYMBOL": "campaign",
    "SITE_URL": reverse_lazy("admin:index"),
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("ums/favicon.svg"),
        }
    ],
    "SHOW_LANGUAGES": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "STYLES": [lambda request: static("ums/console.css")],
    "SCRIPTS": [lambda request: static("ums/console.js")],
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.6)",
            "100": "oklch(93.2% .032 255.6)",
            "200": "oklch(88.2% .059 254.1)",
            "300": "oklch(80.9% .105 251.8)",
            "400": "oklch(70.7% .165 254.6)",
            "500": "oklch(62.3% .188 259.8)",
            "600": "oklch(54.6% .215 262.9)",
            "700": "oklch(48.8% .213 264.4)",
            "800": "oklch(42.4% .179 265.6)",
            "900": "oklch(37.9% .136 265.5)",
            "950": "oklch(28.2% .091 267.9)",
        },
    },
    "SIDEBAR": {"show_search": False, "navigation": "ums.navigation.sidebar"},
    "DASHBOARD_CALLBACK": "ums.dashboard.context",
}
