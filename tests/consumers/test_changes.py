"""Changes of access, as they are written down."""

from datetime import timedelta

from django.test import Client

from consumers import changes, tokens
from consumers.models import AccessChange


def test_changes_are_kept_for_a_while_only(transactional_db):
    changes.note("user:1")
    AccessChange.objects.update(time=AccessChange.objects.get().time - timedelta(seconds=changes.KEPT_SECONDS + 1))

    changes.note("user:2")

    assert list(AccessChange.objects.values_list("whose", flat=True)) == ["user:2"]


def test_signing_in_is_no_change(mei):
    Client().force_login(mei)

    assert not AccessChange.objects.exclude(whose=changes.user(mei.pk)).exists()
    before = AccessChange.objects.count()
    Client().force_login(mei)
    assert AccessChange.objects.count() == before


def test_a_token_that_is_edited_or_deleted_is_a_change_and_one_that_is_made_or_used_is_none(mei):
    token, secret = tokens.create("reports", mei)
    whose = changes.token(token.pk)
    tokens.find(tokens.digest(secret))
    assert not AccessChange.objects.filter(whose=whose).exists()

    token.types = "academy.*"
    token.save()
    assert AccessChange.objects.filter(whose=whose).count() == 1
    token.delete()
    assert AccessChange.objects.filter(whose=whose).count() == 2
