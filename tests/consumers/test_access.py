"""Which pages and machines may follow the stream."""

import pytest

from consumers import access
from consumers.access import Viewer
from consumers.protocol import CloseCode

from .handshake import code_of, look


@pytest.fixture(autouse=True)
def closed(settings):
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["school.example", "127.0.0.1"]
    return settings


ORIGINS = {
    "null": False,
    "http://school.example": True,
    "http://school.example:80": True,
    "HTTP://School.Example": True,
    "http://school.example/": False,
    "http://school.example/page": False,
    "http://school.example:8000": False,
    "https://school.example": False,
    "http://www.school.example": False,
    "http://school.example.evil.example": False,
    "http://evilschool.example": False,
    "http://user@school.example": False,
    "http://school.example@evil.example": False,
    "http://[::1": False,
    "http://school.example?x": False,
    "http://school.example#x": False,
    "http://school.example:port": False,
    "http://school.example:99999": False,
    "//school.example": False,
    "school.example": False,
    "": False,
    "file://": False,
    "chrome-extension://abc": False,
    "http://school.example, http://school.example": False,
}


@pytest.mark.parametrize("origin, own", ORIGINS.items(), ids=[name or "empty" for name in ORIGINS])
async def test_a_page_is_of_this_origin_exactly_or_it_is_not(origin, own):
    # Nobody is signed in: who gets past the origin is told to do that.
    assert await code_of(origin=origin) == (CloseCode.SIGN_IN if own else CloseCode.FORBIDDEN)


async def test_allowing_every_host_does_not_open_the_stream_to_every_origin(settings):
    settings.ALLOWED_HOSTS = ["*"]

    assert await code_of(origin="https://evil.example") == CloseCode.FORBIDDEN
    assert await code_of(origin="http://school.example") == CloseCode.SIGN_IN


@pytest.mark.parametrize(
    "trusted, origin, own",
    [
        ("https://other.example", "https://other.example", True),
        ("https://other.example", "https://other.example:443", True),
        ("https://other.example", "http://other.example", False),
        ("https://other.example", "https://www.other.example", False),
        ("https://other.example:8443", "https://other.example:8443", True),
        ("https://other.example:8443", "https://other.example", False),
        ("https://*.other.example", "https://www.other.example", True),
        ("https://*.other.example", "https://a.b.other.example", True),
        ("https://*.other.example", "https://other.example", False),
        ("https://*.other.example", "https://evilother.example", False),
        ("https://*.other.example", "http://www.other.example", False),
        ("https://*.other.example", "https://www.other.example:8443", False),
    ],
)
async def test_origins_that_the_project_trusts_are_let_past(settings, trusted, origin, own):
    settings.CSRF_TRUSTED_ORIGINS = [trusted]

    assert await code_of(origin=origin) == (CloseCode.SIGN_IN if own else CloseCode.FORBIDDEN)


@pytest.mark.parametrize("header", ["origin", "host"])
async def test_a_header_that_is_there_twice_is_refused(header):
    twice = {header: ["http://school.example"] * 2} if header == "origin" else {"Host": "school.example"}

    assert await code_of(**twice) == CloseCode.FORBIDDEN


@pytest.mark.parametrize("host", [None, "", "evil.example", "school.example@evil.example", "a b", "school.example:x"])
@pytest.mark.parametrize("debug", [True, False])
async def test_a_wrong_host_is_refused_even_on_this_machine(settings, host, debug):
    settings.DEBUG = debug

    assert await code_of(host=host, client="127.0.0.1") == CloseCode.FORBIDDEN


MACHINES = [
    ("127.0.0.1", {}, True),
    ("127.8.9.1", {}, True),
    ("::1", {}, True),
    ("203.0.113.7", {}, False),
    ("10.0.0.1", {}, False),
    ("127.0.0.1", {"x_forwarded_for": "127.0.0.1"}, False),
    ("127.0.0.1", {"x_forwarded_for": "203.0.113.7"}, False),
    ("127.0.0.1", {"forwarded": "for=203.0.113.7"}, False),
    ("127.0.0.1", {"x_real_ip": "203.0.113.7"}, False),
    ("127.0.0.1", {"x_forwarded_host": "school.example"}, False),
    ("127.0.0.1", {"x_forwarded_proto": "https"}, False),
    ("127.0.0.1", {"via": "1.1 proxy"}, False),
    ("", {}, False),
    (None, {}, False),
    ("unix", {}, False),
]


@pytest.mark.parametrize("client, headers, local", MACHINES, ids=str)
async def test_under_debug_this_machine_is_let_in_and_no_other(settings, client, headers, local):
    settings.DEBUG = True

    assert await code_of(client=client, **headers) == (None if local else CloseCode.SIGN_IN)
    settings.DEBUG = False
    assert await code_of(client=client, **headers) == CloseCode.SIGN_IN


async def test_under_debug_who_is_let_in_unseen_is_told_that_the_door_is_open(settings):
    settings.DEBUG = True

    everybody_here = Viewer(open=True, personal=True, tests=True)
    assert await look(client="127.0.0.1", origin="http://school.example") == everybody_here
    assert await code_of(client="127.0.0.1", origin="http://evil.example") == CloseCode.FORBIDDEN


async def test_the_host_that_a_proxy_forwards_counts_only_if_the_project_says_so(settings):
    forwarded = {"origin": "http://school.example", "host": "127.0.0.1", "x_forwarded_host": "school.example"}
    assert await code_of(**forwarded) == CloseCode.FORBIDDEN

    settings.USE_X_FORWARDED_HOST = True

    assert await code_of(**forwarded) == CloseCode.SIGN_IN
    assert await code_of(**forwarded | {"x_forwarded_host": "evil.example"}) == CloseCode.FORBIDDEN


async def test_the_scheme_that_a_proxy_forwards_counts_only_if_the_project_says_so(settings):
    secure = {"origin": "https://school.example", "x_forwarded_proto": "https"}
    assert await code_of(**secure) == CloseCode.FORBIDDEN
    assert await code_of(origin="https://school.example", scheme="wss") == CloseCode.SIGN_IN

    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

    assert await code_of(**secure) == CloseCode.SIGN_IN
    assert await code_of(**secure | {"x_forwarded_proto": "http"}) == CloseCode.FORBIDDEN


def test_who_can_have_no_permission_at_all_may_not_follow():
    assert not access.may_follow(object())
