"""The project as a whole: nothing to complain about, nothing left to migrate."""

from django.core.management import call_command


def test_the_checks_find_nothing(db):
    call_command("check", fail_level="WARNING", databases=["default"])


def test_every_change_of_a_model_has_its_migration(db):
    call_command("makemigrations", check=True, dry_run=True)
