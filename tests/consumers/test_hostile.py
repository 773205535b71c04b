"""Whatever a stranger sends, in a handshake or after it, it is understood or refused, and nothing else.

`tests.soak.hostile` says the same to a real server, for longer.
"""

import json
from urllib.parse import urlencode

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from consumers import access, query, tokens
from consumers.access import Claim, claim_of
from consumers.clientmessage import parse
from consumers.origin import address_of
from consumers.protocol import Ack, Hello, Refused, SetFilter

from .test_filter import JSON
from .test_history import NAMES as PARAMETERS
from .test_history import VALUES as ARGUMENTS

NAMES = st.sampled_from(
    ["host", "origin", "cookie", "authorization", "x-forwarded-for", "x-forwarded-host", "forwarded", "sec-fetch-site"]
).map(str.encode) | st.binary(max_size=20)
TELLING = [
    "localhost",
    "http://localhost",
    "Bearer x",
    "Bearer",
    "sessionid=x",
    "null",
    "same-origin",
    "[",
    "http://[::1",
    ",",
]
VALUES = st.sampled_from(TELLING).map(str.encode) | st.binary(max_size=60)
SCOPES = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["websocket", "http"]),
        "headers": st.lists(st.tuples(NAMES, VALUES), max_size=8),
        "client": st.none() | st.tuples(st.text(max_size=20), st.integers()),
        "scheme": st.sampled_from(["ws", "wss", "http", "https"]),
    },
    optional={"subprotocols": st.lists(st.text(max_size=40) | st.text(max_size=20).map("signalcast.token.{}".format))},
)


# What a log must not show as lines of its own.
CANARY = "\r\nCANARY 12:00:00 CRITICAL django: \x1b[31m\u2028CANARY\0"
MEMBERS = st.sampled_from(
    ["from", "epoch", "tip", "stream", "filter", "window", "pos", "ghosts", "reactions", "reactions_after", ""]
)
VALUES_OF_MEMBERS = st.one_of(
    JSON,
    st.just(CANARY),
    st.integers(-(2**70), 2**70),
    st.fixed_dictionaries({}, optional={"last": JSON, "since": JSON | st.just(CANARY)}),
)
OPS = st.sampled_from(["hello", "hello", "ack", "filter", "batch", CANARY]) | JSON
MESSAGES = st.one_of(
    st.builds(lambda op, rest: json.dumps({"op": op} | rest), OPS, st.dictionaries(MEMBERS, VALUES_OF_MEMBERS)),
    JSON.map(json.dumps),
    st.text(max_size=40),
    st.builds(lambda opens, count: opens * count, st.sampled_from(["[", '{"a":', '{"op":']), st.integers(1, 30_000)),
    st.integers(1, 200_000).map(lambda count: json.dumps({"op": "filter", "filter": "x" * count})),
)
# As pairs, and as whatever may stand behind a question mark.
PAIRS = st.lists(st.tuples(PARAMETERS, ARGUMENTS | st.just(CANARY)), max_size=4)
QUERIES = PAIRS.map(urlencode) | st.text(st.characters(codec="ascii"), max_size=40)


@given(text=MESSAGES)
def test_a_message_is_understood_or_refused(text):
    try:
        message = parse(text)
    except Refused as refused:
        assert refused.code == 4400
        assert len(json.dumps(refused.message)) < 1000
    else:
        assert isinstance(message, Hello | Ack | SetFilter)


@given(text=QUERIES)
def test_a_query_is_understood_or_refused(text):
    try:
        query.parse(text)
    except Refused as refused:
        assert refused.code == 4400
        assert len(json.dumps(refused.message)) < 1000


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scope=SCOPES, proxy=st.booleans())
def test_a_handshake_is_a_claim_or_refused(settings, scope, proxy):
    settings.ALLOWED_HOSTS = ["*"]
    settings.USE_X_FORWARDED_HOST = proxy
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if proxy else None

    try:
        claim = claim_of(scope)
    except Refused as refused:
        assert refused.code in (4401, 4403)
        json.dumps(refused.message)
    else:
        assert isinstance(claim, Claim)
        assert not (claim.token and claim.session)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=st.text(max_size=100), key=st.text(max_size=100))
@example(secret="\x00", key="\x00" * 32)
@example(secret="\ud800", key="\ud800" * 32)
def test_no_secret_and_no_session_that_somebody_makes_up_lets_them_in(db, settings, secret, key):
    settings.DEBUG = False

    for claim in (Claim(tokens.digest(secret)), Claim("", key)):
        try:
            access.viewer_of(claim)
        except Refused as refused:
            assert refused.code == 4401
        else:
            raise AssertionError("somebody was let in")


@given(peer=st.text(max_size=20), forwarded=st.text(max_size=80), proxies=st.integers(0, 10))
def test_an_address_has_no_line_ends_of_a_stranger(peer, forwarded, proxies):
    address = address_of(peer, forwarded, proxies)

    assert address == peer or address.isprintable()
