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
    return _without_values(text)


_BEARER = re.compile(r"\b(Bearer|Basic|Token)\s+[\w.~+/=-]{6,}", re.IGNORECASE)
_JWT = re.compile(r"\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?")
# Who signs in to an address: postgresql://user:password@host.
_ADDRESS = re.compile(r"://[^\s/@:]{0,200}:[^\s/@]{1,200}@")
# A name before its value, as JSON, Python, headers, forms, settings and PostgreSQL write them.
_NAME = re.compile(r"""([A-Za-z_][\w-]{0,60})["')\]]{0,2}\s{0,3}[=:]{1,2}>?\s{0,3}""")
# What a value is made of: texts in quotes, brackets, what ends it where no bracket is open, and the rest.
_PART = re.compile(
    r"""(?P<quoted>[bBuUrRfF]{0,2}(?:"(?:[^"\\]|\\.)*(?:"|$)|'(?:[^'\\]|\\.)*(?:'|$)))"""
    r"""|(?P<open>[\[({<])|(?P<close>[\])}>])|(?P<end>[\s,;&])|[^\s"',;&\[\](){}<>]+""",
    re.DOTALL,
)


def _without_values(text: str) -> str:
    shown, at = "", 0
    for name in _NAME.finditer(text):
        if name.start() >= at and is_secret(name[1]) and (end := _end_of_value(text, name.end())) > name.end():
            shown += f"{text[at : name.end()]}***"
            at = end
    return shown + text[at:]


def _end_of_value(text: str, start: int) -> int:
    """Behind its brackets, if it has some; the end of the text if one of them is not closed in it."""
    depth = 0
    for part in _PART.finditer(text, start):
        kind = part.lastgroup
        if depth == 0 and (kind in ("close", "end") or (kind == "quoted" and part.start() > start)):
            return part.start()
        depth += (kind == "open") - (kind == "close")
        if depth == 0 and kind in ("quoted", "close"):
            return part.end()
    return len(text)
