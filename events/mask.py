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
