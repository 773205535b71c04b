"""events.checks: what is wrong with the settings, and what to write instead."""

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.db.models.signals import post_save

from events.checks import check_settings

GOOD = {"SIGNALS": ["academy.signals"]}


def ids(given, settings):
    settings.SIGNALCAST = given
    return [message.id.removeprefix("signalcast.") for message in check_settings()]


def test_the_demo_has_nothing_to_complain_about(db):
    call_command("check", fail_level="WARNING", databases=["default"])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, ["W001"]),
        (["academy.signals"], ["E001"]),
        (GOOD | {"SINGALS": []}, ["E002"]),
        ({"SIGNALS": "academy.signals"}, ["E003"]),
        ({"SIGNALS": None}, ["E003"]),
        ({"SIGNALS": []}, ["W002"]),
        ({}, ["W002"]),
        ({"SIGNALS": ["nowhere.signals", "academy.signals", 7]}, ["E004", "E004"]),
        (GOOD | {"PUBLISHER": "threads"}, ["E005"]),
        (GOOD | {"PUBLISHER": None}, ["E005"]),
        (GOOD | {"MAX_DATA_BYTES": 100}, ["E006"]),
        (GOOD | {"MAX_DATA_BYTES": "64"}, ["E006"]),
        (GOOD | {"MAX_DATA_BYTES": 600_000}, ["E007"]),
        (GOOD | {"RING_EVENTS": 0, "RING_BYTES": 1, "MAX_CLIENTS": True}, ["E006", "E006", "E006"]),
        (GOOD | {"MAX_DATA_BYTES": 65536.5, "RING_EVENTS": 1.5}, ["E006", "E006"]),
        (GOOD | {"MAX_DATA_BYTES": 1e7}, ["E006"]),
        (GOOD | {"HEARTBEAT": 0}, ["E006"]),
        (GOOD | {"HEARTBEAT": float("nan")}, ["E006"]),
        (GOOD | {"SOURCE": ""}, ["E008"]),
        (GOOD | {"SOURCE": "a b"}, ["E008"]),
        (GOOD | {"SOURCE": '/a"b'}, ["E008"]),
        (GOOD | {"SOURCE": "/%zz"}, ["E008"]),
        (GOOD | {"SOURCE": "/shop?x#f"}, ["E008"]),
        (GOOD | {"SOURCE": "/łódź"}, ["E008"]),
        (GOOD | {"SOURCE": 7}, ["E008"]),
        (GOOD | {"SOURCE": "x" * 256}, ["E008"]),
        (GOOD | {"DATABASE": "elsewhere"}, ["E009"]),
        (GOOD | {"METRICS_TOKEN": "short"}, ["E013"]),
        (GOOD | {"METRICS_TOKEN": "0123456789abcdef "}, ["E013"]),
        (GOOD | {"METRICS_TOKEN": 1234567890123456}, ["E013"]),
        (GOOD | {"METRICS_TOKEN": None}, ["E013"]),
        (GOOD | {"METRICS_TOKEN": "0123456789abcdef"}, []),
        (GOOD | {"METRICS_TOKEN": ""}, []),
        (GOOD | {"CAN_FOLLOW": None}, ["E015"]),
        (GOOD | {"CAN_FOLLOW": "consumers.policy.cannot_follow"}, ["E015"]),
        (GOOD | {"CAN_FOLLOW": "tests.consumers.test_policy.promises"}, ["E015"]),
        (GOOD | {"CAN_FOLLOW": "consumers.viewer.Viewer"}, ["E015"]),
        (GOOD | {"CAN_FOLLOW": "tests.consumers.test_policy.no_payroll"}, []),
        (GOOD, []),
        (GOOD | {"PUBLISHER": "off", "HEARTBEAT": 0.5, "SOURCE": "https://shop.example/"}, []),
    ],
    ids=str,
)
def test_what_is_wrong_has_a_number(settings, given, expected):
    assert ids(given, settings) == expected


@pytest.mark.parametrize(
    ("given", "said", "hint"),
    [
        (None, "no signal is streamed", 'Write SIGNALCAST = {"SIGNALS": ["shop.signals"]}.'),
        (GOOD | {"SINGALS": []}, "the unknown key 'SINGALS'", "SIGNALS, DATABASE, PUBLISHER"),
        (
            {"SIGNALS": ["nowhere.signals"]},
            "'nowhere.signals', which cannot be imported",
            "the dotted path of a module",
        ),
        (GOOD | {"PUBLISHER": "x"}, "'x'", "one of thread, inline, off"),
        (GOOD | {"MAX_DATA_BYTES": 600_000}, "frames of 1 MiB", "at most 524288"),
        (GOOD | {"DATABASE": "x"}, "'x', which DATABASES does not have", "one of default"),
    ],
    ids=str,
)
def test_a_message_says_what_to_write_instead(settings, given, said, hint):
    settings.SIGNALCAST = given
    [message] = check_settings()

    assert said in message.msg
    assert hint in message.hint


def test_a_signal_of_django_that_a_module_has_only_imported_warns(settings, monkeypatch):
    monkeypatch.setattr("academy.signals.post_save", post_save, raising=False)

    settings.SIGNALCAST = GOOD
    [message] = check_settings()
    assert message.id == "signalcast.W016"
    assert message.msg.startswith("academy.signals.post_save is Django's own signal")
    assert ids({"SIGNALS": ["academy.signals.post_save"]}, settings) == []


def test_several_signals_of_one_type_are_told_of(settings, stream):
    stream(type="academy.order_paid")

    settings.SIGNALCAST = GOOD
    [message] = check_settings()
    assert message.id == "signalcast.W019"
    assert "as academy.order_paid: academy.signals.order_paid, one that code has attached." in message.msg


def test_a_model_s_signal_caches_and_is_none_to_be_warned_of(settings):
    assert ids({"SIGNALS": ["django.db.models.signals.post_save"]}, settings) == []


def test_another_database_warns_that_its_events_come_later(settings):
    connections.settings["other"] = connections.settings["default"]
    try:
        assert ids(GOOD, settings) == ["W004"]
    finally:
        del connections.settings["other"]


def test_an_alias_without_a_database_is_none(settings):
    connections.settings["other"] = connections.configure_settings({"default": {}})["default"]
    try:
        assert ids(GOOD, settings) == []
    finally:
        del connections.settings["other"]


def test_an_unsupported_database_is_an_error(settings, monkeypatch):
    monkeypatch.setattr(connections["default"], "vendor", "oracle")

    assert ids(GOOD, settings) == ["E010"]


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["E011"]),
        ({"transaction_mode": "DEFERRED"}, ["E011"]),
        ({"transaction_mode": "IMMEDIATE"}, ["W005"]),
        ({"transaction_mode": "exclusive", "init_command": "PRAGMA journal_mode=wal"}, []),
    ],
    ids=str,
)
def test_sqlite_must_wait_for_its_turn(settings, monkeypatch, options, expected):
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)

    assert ids(GOOD, settings) == expected


IN_MEMORY = {"BACKEND": "channels.layers.InMemoryChannelLayer"}
NOWHERE = "redis://127.0.0.1:1"


def redis_layer(kind, *hosts):
    backend = {"core": "core.RedisChannelLayer", "pubsub": "pubsub.RedisPubSubChannelLayer"}[kind]
    return {"BACKEND": f"channels_redis.{backend}", "CONFIG": {"hosts": list(hosts)}}


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ({}, []),
        ({"default": IN_MEMORY}, []),
        ({"default": redis_layer("pubsub", NOWHERE)}, []),
        ({"default": redis_layer("core", NOWHERE)}, ["W006"]),
        ({"default": redis_layer("core", ("127.0.0.1", 1))}, ["W006"]),
        ({"default": redis_layer("core", {"address": NOWHERE, "socket_timeout": 5})}, ["W006"]),
        ({"default": redis_layer("core", {"address": NOWHERE, "socket_timeout": 15}, NOWHERE)}, ["W006"]),
        ({"default": redis_layer("core", {"address": NOWHERE, "socket_timeout": 15})}, []),
        ({"default": redis_layer("core", {"address": NOWHERE, "socket_timeout": None})}, []),
        ({"default": redis_layer("core", {"host": "127.0.0.1", "port": 1, "socket_timeout": 15})}, []),
        ({"default": redis_layer("core", NOWHERE + "?socket_timeout=15")}, []),
        ({"default": redis_layer("core", "127.0.0.1:1")}, ["E012"]),
        ({"default": redis_layer("pubsub", "127.0.0.1:1")}, ["E012"]),
        ({"default": redis_layer("pubsub", {"address": NOWHERE}, ("127.0.0.1", 1))}, []),
        ({"default": {"BACKEND": "nowhere.Layer"}}, ["E012"]),
        ({"default": {"BACKEND": IN_MEMORY["BACKEND"], "CONFIG": {"hosts": []}}}, ["E012"]),
        ({"others": IN_MEMORY}, ["W007"]),
    ],
    ids=str,
)
def test_what_is_wrong_with_the_channel_layer_has_a_number_and_a_server_that_is_away_is_nothing_wrong(
    settings, layers, expected
):
    settings.CHANNEL_LAYERS = layers

    assert ids(GOOD, settings) == expected


def test_a_core_layer_that_gives_up_too_soon_is_told_what_to_write(settings):
    settings.SIGNALCAST = GOOD
    settings.CHANNEL_LAYERS = {"default": redis_layer("core", NOWHERE)}
    [warning] = check_settings()

    # As the hint says it.
    settings.CHANNEL_LAYERS = {"default": redis_layer("core", {"address": NOWHERE, "socket_timeout": 15})}
    assert '{"address": "redis://…", "socket_timeout": 15}' in warning.hint
    assert check_settings() == []
