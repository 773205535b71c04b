"""`manage.py check --deploy`: each door that can be left open is found, and none where there is none."""

import pytest
from django.urls import clear_script_prefix, set_script_prefix

from consumers.checks import check_doors


@pytest.fixture(autouse=True)
def production(settings):
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["school.example"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://intranet.example"]
    settings.SIGNALCAST = {}
    return settings


def ids():
    return [found.id for found in check_doors()]


def test_nothing_is_found_where_nothing_is_open():
    assert ids() == []


@pytest.mark.parametrize(
    "name, value, id",
    [
        ("DEBUG", True, "signalcast.W011"),
        ("ALLOWED_HOSTS", ["school.example", "*"], "signalcast.W012"),
        ("CSRF_TRUSTED_ORIGINS", ["http://intranet.example"], "signalcast.W013"),
        ("SECURE_PROXY_SSL_HEADER", ("HTTP_X_FORWARDED_PROTO", "https"), "signalcast.W014"),
        ("USE_X_FORWARDED_HOST", True, "signalcast.W014"),
        ("LOGIN_URL", "/sign-in/", "signalcast.W018"),
        ("LOGIN_URL", "nowhere:login", "signalcast.W018"),
    ],
)
def test_a_door_that_is_open_is_found(settings, name, value, id):
    setattr(settings, name, value)

    assert ids() == [id]


def test_a_proxy_that_is_counted_is_no_open_door(settings):
    settings.USE_X_FORWARDED_HOST = True
    settings.SIGNALCAST = {"TRUSTED_PROXIES": 1}

    assert ids() == []


@pytest.mark.parametrize("address", ["admin:login", "/admin/login/?next=/", "https://sso.example/login"])
def test_a_sign_in_page_that_is_there_or_elsewhere_is_no_lost_door(settings, address):
    settings.LOGIN_URL = address

    assert ids() == []


def test_a_sign_in_page_below_a_prefix_is_found_by_its_name_and_by_its_path(settings):
    set_script_prefix("/app/")
    try:
        settings.LOGIN_URL = "admin:login"
        by_name = ids()
        settings.LOGIN_URL = "/app/admin/login/"
        by_path = ids()
    finally:
        clear_script_prefix()

    assert by_name == by_path == []
