"""The demo project's settings, and the only place that reads the environment.

DEBUG          "0" turns the development server's open doors off; on by default
SECRET_KEY     needed when DEBUG is off
ALLOWED_HOSTS  host names served, separated by commas; this machine's own by default
HTTPS          "1" where browsers come by TLS: cookies and pages are for nothing else; off by default
PROXIES        how many proxies of yours a request comes through; 0 by default
DATABASE_URL   for example postgresql://user:password@host/name; db.sqlite3 by default
REDIS_URL      for example redis://host:6379; without it server processes only look at the log
METRICS_TOKEN  whoever sends it may read /metrics; this machine alone by default
LOG_FORMAT     "json" for logs that machines read; "line" by default
"""

import os
from pathlib import Path

import dj_database_url
import django
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

# -- Safety ----------------------------------------------------------------------------------


def switch(name: str, given: str) -> bool:
    """Whether it is on. What says neither must not leave a door open."""
    if given.lower() in ("1", "true", "yes", "on"):
        return True
    if given.lower() in ("0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name} is {given!r}; it must be 0 or 1.")


DEBUG = switch("DEBUG", os.environ.get("DEBUG") or "1")

SECRET_KEY = os.environ.get("SECRET_KEY", "")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured(
            "DEBUG is off, so SECRET_KEY must be set in the environment. Make one with: "
            "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    # Everybody knows this key. It signs only what a development server on loopback hands out.
    SECRET_KEY = "django-insecure-development-key-for-a-server-on-loopback-only"

ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")

HTTPS = switch("HTTPS", os.environ.get("HTTPS") or "0")
PROXIES = os.environ.get("PROXIES") or "0"
if not PROXIES.isdecimal():
    raise ImproperlyConfigured(f"PROXIES is {PROXIES!r}; it must be a number of proxies, e.g. 1.")
PROXIES = int(PROXIES)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
if HTTPS:
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    # Whoever looks after this process asks it by plain HTTP.
    SECURE_REDIRECT_EXEMPT = ["^livez$", "^readyz$", "^metrics$"]
    # HSTS for other hosts of the domain, and in browsers' own lists, is for whoever has the domain to decide.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
    if PROXIES:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# -- What is installed -----------------------------------------------------------------------

INSTALLED_APPS = [
    # First: `runserver` then leaves static files to WhiteNoise, as every other server.
    "whitenoise.runserver_nostatic",
    # Before staticfiles: `runserver` is then ours, and speaks ASGI.
    "events",
    "consumers",
    "frontend",
    "academy",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "events.middleware.origin",
    "django.middleware.security.SecurityMiddleware",
    "config.static.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# -- Signalcast ------------------------------------------------------------------------------

SIGNALCAST = {
    "SIGNALS": ["academy.signals", "django.contrib.auth.signals.user_logged_in"],
    "METRICS_TOKEN": os.environ.get("METRICS_TOKEN", ""),
    "TRUSTED_PROXIES": PROXIES,
}

REDIS_URL = os.environ.get("REDIS_URL")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        # RESP2: of each message that comes by RESP3, redis-py makes a text for a log at the level of debug.
        "CONFIG": {"hosts": [{"address": REDIS_URL, "protocol": 2}]},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

# -- Database --------------------------------------------------------------------------------

DATABASE_URL = os.environ.get("DATABASE_URL")
DATABASES = {
    "default": dj_database_url.parse(DATABASE_URL)
    if DATABASE_URL
    else {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Under SQLite's own default a transaction that reads before it writes fails at once with
    # "database is locked" when another one committed meanwhile; IMMEDIATE makes it wait instead.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,  # seconds
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- People ----------------------------------------------------------------------------------

LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SAMESITE = "Lax"

# -- Static files ----------------------------------------------------------------------------

STATIC_URL = "/static/"
# Straight from the apps, so that there is no collectstatic to forget. With DEBUG the files are
# looked up at each request, and edits show on reload; without, they are listed once at start.
WHITENOISE_USE_FINDERS = True
# Modules import each other by plain names: a browser must ask whether its copy is still good,
# or it would mix the old half of a release with the new one. The answer is a bare 304.
WHITENOISE_MAX_AGE = 0
WHITENOISE_ALLOW_ALL_ORIGINS = False

# -- Words and time --------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
USE_TZ = True
TIME_ZONE = "UTC"

# The academy writes receipts; the demo posts none of them.
if django.VERSION < (6, 1):
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
else:
    MAILERS = {"default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}}

LOG_FORMAT = os.environ.get("LOG_FORMAT", "") or "line"
if LOG_FORMAT not in ("line", "json"):
    raise ImproperlyConfigured(f"LOG_FORMAT is {LOG_FORMAT!r}; it must be line or json.")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "events.logs.LineFormatter", "datefmt": "%H:%M:%S"},
        "json": {"()": "events.logs.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    # Warnings from everywhere. What the academy and the libraries tell at INFO, one line for
    # each order or frame, would bury the lines that a developer looks for.
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        # Django would print these itself, in a form of its own and by mail.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        # Who follows the stream, from where, from when to when.
        "signalcast.audit": {"level": "WARNING" if DEBUG else "INFO"},
        # Requests, as `runserver` reports them; a 404 need not be told twice.
        "django.channels.server": {"level": "INFO"},
        "django.request": {"level": "ERROR"},
    },
}
