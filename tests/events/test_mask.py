"""events.mask: which names are secrets."""

import time

import pytest

from events.mask import is_secret, without_secrets

SECRET = """
    password passwd PASSWORD new_password password1 userPassword pass pass2 user_pass pwd db_pwd passphrase
    passcode secret client_secret clientSecret token csrfToken access_token accessToken refreshTokens jwt
    Authorization proxy-authorization cookie Set-Cookie credential aws_credentials api_key apiKey APIKey api-key
    X-API-Key private_key privateKey private-key access_key access-key sessionid session_key sessionKey session-id
    auth basic_auth card card_number cardNumber credit-card ssn iban IBAN cvv cvc2 pin userPIN otp
"""
HARMLESS = """
    author authority authored discard cardinal cardboard passenger passport compass spin pinned opinion mission
    session key keyboard note order amount lesson assignment libanon hotpot primary_key api private
"""


@pytest.mark.parametrize("name", SECRET.split())
def test_a_name_that_is_a_secret_s_is_known(name):
    assert is_secret(name)


@pytest.mark.parametrize("name", HARMLESS.split())
def test_a_name_that_only_looks_like_one_is_no_secret_s(name):
    assert not is_secret(name)


def test_a_secret_hides_in_no_long_name():
    assert is_secret("x" * 10_000 + "_password")
    assert not is_secret("x" * 10_000)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("order 42 was not found", "order 42 was not found"),
        ("password=hunter2, order=42", "password=***, order=42"),
        ('{"apiKey": "abc def", "id": 7}', '{"apiKey": ***, "id": 7}'),
        ("{'client_secret': 'x'}", "{'client_secret': ***}"),
        ("GET /pay?token=abc&order=42", "GET /pay?token=***&order=42"),
        ("Authorization: Bearer abc.def-123", "Authorization: *** ***"),
        ("sent Bearer abcdef123456 to it", "sent Bearer *** to it"),
        ("eyJhbGciOi.eyJzdWIi.c2ln is expired", "*** is expired"),
        ("postgresql://ana:geheim@db/shop refused", "postgresql://***@db/shop refused"),
        ("401 for https://example.com/pay?token=abc", "401 for https://example.com/pay?token=***"),
        ("<QueryDict: {'pin': ['1', '2'], 'order': ['42']}>", "<QueryDict: {'pin': ***, 'order': ['42']}>"),
        ('{"token": {"a": {"b": "c"}, "d": "e"}, "id": 7}', '{"token": ***, "id": 7}'),
        ("{'password': b'abc', 'id': 7}", "{'password': ***, 'id': 7}"),
        (r"Login(password='it\'s mine', id=7)", "Login(password=***, id=7)"),
        ("Login(password=SecretStr('abc'), id=7)", "Login(password=***, id=7)"),
        ('{"next": "/pay?token=abc", "id": 7}', '{"next": "/pay?token=***", "id": 7}'),
        ("token: [abc", "token: ***"),
        ("DETAIL:  Key (shop_id, token)=(1, abc) already exists.", "DETAIL:  Key (shop_id, token)=*** already exists."),
        ("os.environ['API_KEY'] = 'abc'", "os.environ['API_KEY'] = ***"),
        ("no password: ", "no password: "),
        ("Author: Ana", "Author: Ana"),
        ("Enter a valid password.", "Enter a valid password."),
        ("", ""),
    ],
)
def test_a_secret_in_a_text_is_masked(text, shown):
    assert without_secrets(text) == shown


def test_a_long_text_is_looked_through_in_no_time():
    started = time.perf_counter()
    for text in (
        "a" * 2000,
        "a=" * 1000,
        "password" * 250,
        "://" * 700,
        "'" * 2000,
        "a: " * 700,
        "pin=[" * 400,
        "pin='" * 400,
    ):
        without_secrets(text)

    assert time.perf_counter() - started < 0.5
