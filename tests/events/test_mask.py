"""events.mask: which names are secrets."""

import pytest

from events.mask import is_secret

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
def test_a_secret(name):
    assert is_secret(name)


@pytest.mark.parametrize("name", HARMLESS.split())
def test_not_a_secret(name):
    assert not is_secret(name)


def test_a_secret_hides_in_no_long_name():
    assert is_secret("x" * 10_000 + "_password")
    assert not is_secret("x" * 10_000)
