import os

import dj_database_url

SECRET_KEY = "a key that only this project knows, and that is long enough"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]

INSTALLED_APPS = [
    "events",
    "consumers",
    "frontend",
    "agenda",  # Its label is "events".
    "people",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

SIGNALCAST = {"SIGNALS": ["agenda.signals"]}
ASGI_APPLICATION = "headquarters.asgi.application"
ROOT_URLCONF = "headquarters.urls"
FORCE_SCRIPT_NAME = "/site"
STATIC_URL = "assets/"
LOGIN_URL = "front-door"

AUTH_USER_MODEL = "people.Person"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
SESSION_COOKIE_NAME = "visit"
USE_TZ = False
TIME_ZONE = "Asia/Tokyo"

DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"]) | {"ATOMIC_REQUESTS": True}}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL"}
