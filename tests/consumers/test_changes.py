"""Changes of access, as they are written down."""

from datetime import timedelta

from django.test import Client

from consumers import changes
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
