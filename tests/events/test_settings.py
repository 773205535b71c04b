"""events.settings: SIGNALCAST, with the defaults."""

import pytest

from events.settings import NAMES, Settings, current, migration


@pytest.mark.parametrize("given", [None, {}, "academy.signals", 7, ["academy.signals"]])
def test_without_a_dictionary_all_is_as_by_default(settings, given):
    settings.SIGNALCAST = given

    assert current() == Settings()


def test_what_is_given_holds_and_the_rest_is_as_by_default(settings):
    settings.SIGNALCAST = {"SIGNALS": ["shop.signals"], "SOURCE": "/shop"}

    assert current() == Settings(SIGNALS=("shop.signals",), SOURCE="/shop")


def test_a_change_is_seen_at_once(settings):
    settings.SIGNALCAST = {"HEARTBEAT": 1.0}
    before = current().HEARTBEAT
    settings.SIGNALCAST = {"HEARTBEAT": 2.0}

    assert (before, current().HEARTBEAT) == (1.0, 2.0)


def test_unknown_names_are_left_to_the_checks(settings):
    settings.SIGNALCAST = {"SINGALS": ["shop.signals"]}

    assert current() == Settings()


@pytest.mark.parametrize("wrong", [None, 5, "academy.signals", {"a": 1}])
def test_a_wrong_list_of_signals_names_none(settings, wrong):
    settings.SIGNALCAST = {"SIGNALS": wrong}

    assert current().SIGNALS == ()


def test_settings_are_frozen_and_named():
    with pytest.raises(AttributeError):
        Settings().SOURCE = "/other"
    assert set(NAMES) >= {"SIGNALS", "DATABASE", "PUBLISHER", "MAX_DATA_BYTES", "SOURCE"}


@pytest.mark.parametrize(
    ("alias", "command"), [("default", "manage.py migrate"), ("shop", "manage.py migrate --database shop")]
)
def test_the_command_that_is_recommended_makes_the_tables_where_the_log_is(settings, alias, command):
    settings.SIGNALCAST = {"DATABASE": alias}

    assert migration() == command
