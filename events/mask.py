"""Which names are secrets: their values are masked wherever they stand."""

import re
from functools import lru_cache

# Parts of words where they can mean nothing else; whole words where they could, so that `discard` and `author` stay.
_SECRET = re.compile(
    r"passw(or)?d|passphrase|passcode|secret|token|authorization|cookie|credential"
    r"|(api|private|access)[_ -]?key|session[_ -]?(key|id)"
    r"|(?:^|[^a-z])(pass|pwd|auth|card|ssn|iban|cvv|cvc|pin|otp|jwt)(?:$|[^a-z])"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def is_secret(name: str) -> bool:
    """Whether a value of this name must not be shown, e.g. `password`, `csrfToken`, `card_number`."""
    return _is_secret(name) if len(name) <= 100 else _is_secret.__wrapped__(name)


@lru_cache(maxsize=2048)
def _is_secret(name: str) -> bool:
    return _SECRET.search(_CAMEL.sub("_", name).lower()) is not None


def without_secrets(text: str) -> str:
    """A text for people, with `***` in the place of what looks like a secret in it: `password=***`, `Bearer ***`."""
    text = _ADDRESS.sub("://***@", text)
    text = _BEARER.sub(r"\1 ***", text)
    text = _JWT.sub("***", text)
    return _PAIR.sub(_masked, text)


# A name and its value, as JSON, Python, headers, forms and settings write them.
_PAIR = re.compile(
    r"""(?P<name>[A-Za-z_][\w-]{0,60})(?P<between>["']?\s{0,3}[=:]\s{0,3})(?P<value>"[^"]*"?|'[^']*'?|[^\s"',;&)}\]]+)"""
)
_BEARER = re.compile(r"\b(Bearer|Basic|Token)\s+[\w.~+/=-]{6,}", re.IGNORECASE)
_JWT = re.compile(r"\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?")
# Who signs in to an address: postgresql://user:password@host.
_ADDRESS = re.compile(r"://[^\s/@:]{0,200}:[^\s/@]{1,200}@")


def _masked(pair: re.Match[str]) -> str:
    return f"{pair['name']}{pair['between']}***" if is_secret(pair["name"]) else pair[0]
