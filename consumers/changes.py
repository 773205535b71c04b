"""Changes of access: who may no longer see what they see, as Django's own signals tell of it.

A change is written down with what changed, in the same transaction, and told within this process once that committed;
the other server processes look for new rows twice a second.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_out
from django.db import DatabaseError, router, transaction
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.utils import timezone

from .models import AccessChange, Token

logger = logging.getLogger("signalcast.consumers")

EVERYBODY = "everybody"
KEPT_SECONDS = 120
# Transactions commit in another order than they take their ids: so far back is looked again.
LATE = 100

Listener = Callable[[str], None]

_listeners: set[Listener] = set()


def user(pk: Any) -> str:
    return f"user:{pk}"[:80]


def token(pk: Any) -> str:
    return f"token:{pk}"


def session(key: str) -> str:
    """By a digest: whoever reads the table must not learn keys."""
    return f"session:{sha256(key.encode('utf-8', 'replace')).hexdigest()}"


def listen(listener: Listener) -> None:
    """Have a function called, in any thread, with whose rights may have changed."""
    _listeners.add(listener)


def unlisten(listener: Listener) -> None:
    _listeners.discard(listener)


def note(whose: str) -> None:
    """Write a change down, and tell of it. What goes wrong is logged: it must not undo the change itself."""
    using = router.db_for_write(AccessChange)
    try:
        with transaction.atomic(using=using):
            AccessChange.objects.using(using).create(whose=whose)
            old = timezone.now() - timedelta(seconds=KEPT_SECONDS)
            AccessChange.objects.using(using).filter(time__lt=old).delete()
    except DatabaseError as error:
        logger.warning(
            "A change of access is told to this process only: %s. Is everything migrated?",
            error,
            extra={"action": "access_change_failed"},
        )
    transaction.on_commit(partial(_tell, whose), using=using, robust=True)


def newest() -> int:
    """Where to begin to look."""
    last: int | None = AccessChange.objects.order_by("-id").values_list("id", flat=True).first()
    return last or 0


def since(id: int) -> list[tuple[int, str]]:
    """The changes from a little before this id on, oldest first."""
    rows = AccessChange.objects.filter(id__gt=id - LATE).order_by("id")
    return list(rows.values_list("id", "whose"))


def connect() -> None:
    """Listen to what Django says of users, groups, sessions and tokens. Once, when the app is ready."""
    model = get_user_model()
    user_logged_out.connect(_signed_out, dispatch_uid="signalcast.signed_out")
    post_save.connect(_saved, sender=model, dispatch_uid="signalcast.user_saved")
    post_delete.connect(_deleted, sender=model, dispatch_uid="signalcast.user_deleted")
    post_save.connect(_token_saved, sender=Token, dispatch_uid="signalcast.token_saved")
    post_delete.connect(_token_saved, sender=Token, dispatch_uid="signalcast.token_deleted")
    m2m_changed.connect(_permissions_changed, sender=Group.permissions.through, dispatch_uid="signalcast.group")
    for name in ("groups", "user_permissions"):
        if through := getattr(getattr(model, name, None), "through", None):
            m2m_changed.connect(_memberships_changed, sender=through, dispatch_uid=f"signalcast.user_{name}")
    post_delete.connect(_permissions_changed, sender=Group, dispatch_uid="signalcast.group_deleted")


def _tell(whose: str) -> None:
    for listener in list(_listeners):
        listener(whose)


def _signed_out(sender: Any, request: Any, user: Any = None, **kwargs: Any) -> None:
    key = getattr(getattr(request, "session", None), "session_key", None)
    if key:
        note(session(key))


def _saved(sender: Any, instance: Any, created: bool, update_fields: Any = None, **kwargs: Any) -> None:
    # Signing in saves its time, and nothing else.
    if not created and set(update_fields or ()) != {"last_login"}:
        note(user(instance.pk))


def _deleted(sender: Any, instance: Any, **kwargs: Any) -> None:
    note(user(instance.pk))


def _token_saved(sender: Any, instance: Any, created: bool = False, **kwargs: Any) -> None:
    # Of its use, which is written without a signal, nothing comes here.
    if not created:
        note(token(instance.pk))


def _permissions_changed(sender: Any, action: str = "post_delete", **kwargs: Any) -> None:
    if action.startswith("post_"):
        note(EVERYBODY)


def _memberships_changed(
    sender: Any, instance: Any, action: str, reverse: bool = False, pk_set: Any = None, **kwargs: Any
) -> None:
    if not action.startswith("post_"):
        return
    if not reverse:
        note(user(instance.pk))
    elif pk_set is None:  # A group, or a permission, was taken from all who had it.
        note(EVERYBODY)
    else:
        for pk in pk_set:
            note(user(pk))
