"""Tokens: made, found, revoked. A secret is shown once; only its digest is stored."""

import logging
import re
import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone

from .models import Token

logger = logging.getLogger("signalcast.consumers")

PREFIX = "sc_"
"""So that a secret that leaked somewhere can be searched for, and known for what it is."""

USED_SECONDS = 60

_TYPE = re.compile(r"[A-Za-z0-9._-]{1,200}\*?|\*")


def create(name: str, user: Any, types: str = "", expires: datetime | None = None) -> tuple[Token, str]:
    """A new token, and its secret, which nobody can find out later. Raises ValidationError."""
    token = Token(name=name, user=user, types=normal_types(types), expires=expires)
    secret = sign(token)
    token.full_clean()
    token.save()
    return token, secret


def sign(token: Token) -> str:
    """Give a token that is not saved yet a secret, and return that."""
    secret = PREFIX + secrets.token_urlsafe(32)
    token.digest = digest(secret)
    return secret


def digest(secret: str) -> str:
    """Of 256 random bits a plain digest tells nothing; there is no need for salt, or for it to be slow."""
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def find(digest: str) -> Token | None:
    """The token in force with this digest. That it was used is noted, at most once a minute."""
    now = timezone.now()
    in_force = Q(expires=None) | Q(expires__gt=now)
    token: Token | None = Token.objects.filter(in_force, digest=digest, revoked=None).select_related("user").first()
    if token and not (token.last_used and now - token.last_used < timedelta(seconds=USED_SECONDS)):
        try:
            Token.objects.filter(pk=token.pk).update(last_used=now)
        except DatabaseError as error:  # It says who may look, whether or not that can be noted.
            logger.warning("A token's use cannot be noted: %s", error, extra={"action": "token_not_noted"})
    return token


def revoke(token: Token) -> None:
    """From now on it lets nobody in, and whoever came in by it is sent away."""
    token.revoked = timezone.now()
    token.save(update_fields=["revoked"])


def in_utc(time: datetime) -> str:
    """For people. Without USE_TZ it is a time of the project's own zone."""
    if timezone.is_naive(time):
        time = timezone.make_aware(time)
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def normal_types(text: str) -> str:
    """Types separated by spaces or commas, each whole or with a star at its end. Raises ValidationError."""
    types = text.replace(",", " ").split()
    for type in types:
        if not _TYPE.fullmatch(type):
            problem = f"{type!r} is no type of events: write a whole one, or its start and a star, academy.*"
            raise ValidationError({"types": problem})
    return "" if "*" in types else " ".join(types)
