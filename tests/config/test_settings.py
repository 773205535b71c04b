"""config.settings: what the environment may say, and what holds when it says nothing."""

import json
import os
import subprocess
import sys

import pytest

READ = """
import json, sys
from django.conf import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""
OURS = (
    "DEBUG",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "DATABASE_URL",
    "REDIS_URL",
    "METRICS_TOKEN",
    "LOG_FORMAT",
    "HTTPS",
    "PROXIES",
)


def start(*names, **given):
    """A process of its own that reads these settings under nothing but the given environment."""
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    environment |= given | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.run([sys.executable, "-c", READ, *names], env=environment, capture_output=True, text=True)


def read(*names, **given):
    process = start(*names, **given)
    assert process.stderr == ""
    return json.loads(process.stdout)


def test_with_nothing_set_it_is_a_development_server_of_this_machine_with_sqlite():
    settings = read("DEBUG", "ALLOWED_HOSTS", "DATABASES")

    assert settings["DEBUG"] is True
    assert settings["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert settings["DATABASES"]["default"]["NAME"].endswith("/db.sqlite3")


@pytest.mark.parametrize("given", [{}, {"DATABASE_URL": "sqlite:////tmp/other.sqlite3"}])
def test_sqlite_always_waits_for_its_turn(given):
    options = read("DATABASES", **given)["DATABASES"]["default"]["OPTIONS"]

    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]


def test_the_database_is_the_one_given():
    settings = read("DATABASES", DATABASE_URL="postgresql://maria:pw@db.example:5433/academy")

    database = settings["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example", 5433, "academy")
    assert "transaction_mode" not in database.get("OPTIONS", {})


def test_the_channel_layer_is_the_pub_sub_one_of_the_redis_given_or_none_that_crosses_processes():
    [alone, shared] = [
        read("CHANNEL_LAYERS", **given)["CHANNEL_LAYERS"]["default"]
        for given in ({}, {"REDIS_URL": "redis://valkey.example:6380"})
    ]

    assert alone == {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    assert shared == {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": "redis://valkey.example:6380", "protocol": 2}]},
    }


@pytest.mark.parametrize(
    ("said", "meant"),
    [("0", False), ("False", False), ("off", False), ("no", False), ("1", True), ("true", True), ("on", True)],
)
def test_a_switch_is_understood_however_it_is_said(said, meant):
    settings = read("DEBUG", "SECURE_SSL_REDIRECT", DEBUG=said, HTTPS=said, SECRET_KEY="k")

    assert settings == {"DEBUG": meant, "SECURE_SSL_REDIRECT": meant}


def test_a_switch_that_is_empty_is_as_if_it_were_not_there():
    settings = read("DEBUG", "SECURE_SSL_REDIRECT", DEBUG="", HTTPS="", PROXIES="")

    assert settings == {"DEBUG": True, "SECURE_SSL_REDIRECT": False}


@pytest.mark.parametrize(("name", "said"), [("DEBUG", "none"), ("HTTPS", "tls"), ("PROXIES", "-1"), ("PROXIES", "one")])
def test_what_is_no_answer_opens_no_door(name, said):
    process = start("DEBUG", **{name: said})

    assert process.returncode == 1
    assert f"{name} is '{said}'; it must be " in process.stderr


def test_without_debug_a_secret_key_is_needed_and_the_error_says_how_to_make_one():
    process = start("DEBUG", DEBUG="0")

    assert process.returncode == 1
    assert "SECRET_KEY must be set" in process.stderr
    assert "secrets.token_urlsafe" in process.stderr


def test_without_debug_the_given_key_and_hosts_are_used():
    settings = read("DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", DEBUG="0", SECRET_KEY="k", ALLOWED_HOSTS="a.example")

    assert settings == {"DEBUG": False, "SECRET_KEY": "k", "ALLOWED_HOSTS": ["a.example"]}


def test_metrics_are_for_this_machine_unless_a_token_is_given():
    assert read("SIGNALCAST")["SIGNALCAST"]["METRICS_TOKEN"] == ""
    assert read("SIGNALCAST", METRICS_TOKEN="0123456789abcdef")["SIGNALCAST"]["METRICS_TOKEN"] == "0123456789abcdef"


def test_logs_have_two_forms_and_no_third():
    forms = [read("LOGGING", **given)["LOGGING"] for given in ({}, {"LOG_FORMAT": ""}, {"LOG_FORMAT": "json"})]
    wrong = start("LOGGING", LOG_FORMAT="xml")

    assert [form["handlers"]["console"]["formatter"] for form in forms] == ["line", "line", "json"]
    assert wrong.returncode and "LOG_FORMAT is 'xml'; it must be line or json." in wrong.stderr


KEY = "production-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ-!"


def deploy(**given):
    """What `manage.py check --deploy` finds."""
    environment = {name: value for name, value in os.environ.items() if name not in OURS} | given
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("proxies", ["0", "1"])
def test_in_production_check_deploy_has_nothing_to_say(proxies):
    found = deploy(DEBUG="0", HTTPS="1", SECRET_KEY=KEY, ALLOWED_HOSTS="school.example", PROXIES=proxies)

    assert (found.returncode, found.stderr) == (0, "")


def test_each_door_that_is_left_open_is_found():
    development, everywhere = deploy(), deploy(DEBUG="0", HTTPS="1", SECRET_KEY=KEY, ALLOWED_HOSTS="*")

    assert "signalcast.W011" in development.stderr
    assert "signalcast.W012" in everywhere.stderr
