"""consumers.metrics and consumers.scrape: what this process counts, and who may read it."""

import pytest
from django.dispatch import Signal
from django.test import AsyncClient, AsyncRequestFactory
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from consumers.batch import Batch
from consumers.metrics import Meter, meter
from consumers.process import process
from consumers.protocol import V1, CloseCode
from consumers.scrape import metrics
from events import attach, detach
from events.event import new_id, now
from events.process import publisher

from .conftest import until
from .memory import MemoryLayer, MemoryLog, entry

TOKEN = "0123456789abcdef-token"


class Samples(dict):
    """By name and labels: `samples["signalcast_closes_total", "4012"]`."""

    def __init__(self, families):
        found = [sample for family in families for sample in family.samples]
        super().__init__({(sample.name, *sample.labels.values()): sample.value for sample in found})


@pytest.fixture
def fresh():
    """A meter at zero, and what it shows."""
    registry = CollectorRegistry()
    found = Meter()
    registry.register(found)
    return found, lambda: Samples(registry.collect())


@pytest.fixture
def scrape(transactional_db):
    async def scrape():
        answer = await AsyncClient().get("/metrics")
        assert answer.status_code == 200, answer.content
        return Samples(text_string_to_metric_families(answer.content.decode()))

    return scrape


# -- What is counted


def test_sockets_are_counted_by_dialect_and_once_by_what_closed_them(fresh):
    counted, samples = fresh
    ours, plain, other = object(), object(), object()
    counted.opened(ours, V1, None)
    counted.opened(plain, "cloudevents.json", lambda: 70)
    counted.opened(other, "cloudevents.json", lambda: 5)

    assert samples()["signalcast_connections", V1] == 1
    assert samples()["signalcast_connections", "cloudevents.json"] == 2
    assert samples()[("signalcast_buffered_bytes",)] == 75

    for _ in range(2):
        counted.closed(ours, CloseCode.RESTART)
        counted.closed(plain, None)
    counted.refused(CloseCode.NO_SUCH_STREAM)

    assert samples()["signalcast_connections", V1] == 0
    assert samples()["signalcast_closes_total", "4012"] == 1
    assert samples()["signalcast_closes_total", "4404"] == 1
    assert samples()["signalcast_closes_total", "other"] == 1
    assert samples()[("signalcast_buffered_bytes",)] == 5


def test_every_close_code_is_there_from_the_beginning_and_no_other(fresh):
    _, samples = fresh

    codes = {code for name, *labels in samples() for code in labels if name == "signalcast_closes_total"}

    assert codes == {str(int(code)) for code in CloseCode} | {"other"}


def test_how_long_events_take_is_a_histogram(fresh):
    counted, samples = fresh

    for seconds in (0.002, 0.02, 70.0, -0.5):
        counted.took(seconds)

    bucket = "signalcast_send_to_socket_seconds_bucket"
    assert [samples()[bucket, le] for le in ("0.002", "0.01", "0.025", "60.0", "+Inf")] == [2, 2, 3, 3, 4]
    assert samples()[("signalcast_send_to_socket_seconds_count",)] == 4
    assert samples()[("signalcast_send_to_socket_seconds_sum",)] == pytest.approx(70.022)


def test_a_batch_knows_when_its_first_event_was_sent():
    sent = now()
    first = entry(1)
    first.line = first.line.replace(first.id, new_id(sent))

    assert Batch(1, 3, [first, entry(2)], tip=None, head=2).sent_at == pytest.approx(sent.timestamp(), abs=0.001)


async def test_repairs_outlive_the_hub_that_made_them(fresh, start_hub):
    counted, samples = fresh
    layer = MemoryLayer()
    hub = await start_hub(MemoryLog(3), layer=layer)
    counted.started(hub)
    await until(lambda: layer.groups)

    layer.send({"type": "stream.events", "forged": True})
    layer.send("garbage")
    await until(lambda: hub.repairs)

    assert (samples()[("signalcast_gap_repairs_total",)], samples()[("signalcast_hub_head",)]) == (2, 3)
    counted.stopped(hub)
    assert samples()[("signalcast_gap_repairs_total",)] == 2
    assert ("signalcast_hub_head",) not in samples()


# -- Who may read it


AWAY = "203.0.113.7"


async def answer(client="127.0.0.1", headers=None):
    request = AsyncRequestFactory().get("/metrics", headers=headers)
    request.META["REMOTE_ADDR"] = client
    return await metrics(request)


REQUESTS = [
    ({}, True),
    ({"headers": {"x-forwarded-for": "127.0.0.1"}}, False),
    ({"headers": {"forwarded": "for=127.0.0.1"}}, False),
    ({"client": AWAY}, False),
    ({"client": ""}, False),
    ({"client": AWAY, "headers": {"authorization": f"Bearer {TOKEN}"}}, True),
    ({"client": AWAY, "headers": {"authorization": f"bearer  {TOKEN}"}}, True),
    ({"client": AWAY, "headers": {"authorization": f"Basic {TOKEN}"}}, False),
    ({"client": AWAY, "headers": {"authorization": TOKEN}}, False),
    ({"client": AWAY, "headers": {"authorization": f"Bearer {TOKEN}x"}}, False),
    ({"client": AWAY, "headers": {"authorization": "Bearer tökén"}}, False),
    ({"client": AWAY, "headers": {"authorization": "Bearer "}}, False),
    ({"headers": {"x-forwarded-for": "203.0.113.7", "authorization": f"Bearer {TOKEN}"}}, True),
]


async def test_this_machine_and_who_knows_the_token_may_read(transactional_db, settings):
    settings.SIGNALCAST = {"METRICS_TOKEN": TOKEN}

    for request, allowed in REQUESTS:
        answered = await answer(**request)

        assert answered.status_code == (200 if allowed else 403), request
        assert allowed or "METRICS_TOKEN" in answered.content.decode()
        assert "no-store" in answered["Cache-Control"]


async def test_without_a_token_in_the_settings_none_is_right(settings):
    settings.SIGNALCAST = {}

    for given in ("Bearer ", "Bearer", "", f"Bearer {TOKEN}"):
        assert (await answer(client=AWAY, headers={"authorization": given})).status_code == 403


async def test_debug_opens_nothing_here(settings):
    settings.DEBUG = True

    assert (await answer(client=AWAY)).status_code == 403


# -- What is shown


@pytest.mark.parametrize(
    "accept, content_type, ending",
    [
        (None, "text/plain; version=0.0.4; charset=utf-8", "\n"),
        (
            "application/openmetrics-text;version=1.0.0,text/plain;q=0.5",
            "application/openmetrics-text; version=1.0.0",
            "# EOF\n",
        ),
    ],
)
async def test_the_format_is_the_one_that_was_asked_for(transactional_db, accept, content_type, ending):
    answered = await answer(headers={"accept": accept} if accept else {})

    assert answered["Content-Type"].startswith(content_type)
    assert answered.content.decode().endswith(ending)


async def test_the_log_and_what_waits_for_a_position_are_shown_as_they_are_now(scrape, settings):
    settings.SIGNALCAST = {"PUBLISHER": "off"}
    signal = Signal()
    attach(signal, type="shop.order_paid")
    try:
        before = await scrape()
        await signal.asend(sender=None)
        waiting = await scrape()
        publisher().wake(0)
        assert publisher().flush(5)
        after = await scrape()
    finally:
        detach(signal)

    age, head = ("signalcast_pending_age_seconds",), ("signalcast_log_head",)
    assert (before[age], before[head]) == (0, 0)
    assert (0 < waiting[age] < 60, waiting[head]) == (True, 0)
    assert (after[age], after[head]) == (0, 1)
    assert after["signalcast_events_emitted_total", "shop.order_paid"] >= 1


async def test_a_hub_that_is_behind_its_log_shows_by_how_much(scrape, monkeypatch):
    async with process() as shared:
        hub = await shared.hub()
        monkeypatch.setattr(hub._lookout, "_look", until)
        signal = Signal()
        attach(signal, type="shop.order_paid")
        try:
            for _ in range(4):
                await signal.asend(sender=None)
        finally:
            detach(signal)
        assert publisher().flush(5)
        behind = await scrape()
    nobody = await scrape()

    assert behind[("signalcast_head_lag_events",)] == 4
    assert behind[("signalcast_log_head",)] == behind[("signalcast_hub_head",)] + 4
    assert ("signalcast_head_lag_events",) not in nobody


async def test_without_its_log_a_process_still_shows_what_it_counted(scrape, settings, caplog):
    settings.SIGNALCAST = {"DATABASE": "elsewhere"}

    shown = await scrape()

    assert ("signalcast_deliveries_total",) in shown
    assert ("signalcast_log_head",) not in shown
    assert [record.action for record in caplog.records if hasattr(record, "action")] == ["metrics_without_log"]


async def test_who_has_an_exporter_of_their_own_has_ours_too():
    names = {family.name for family in REGISTRY.collect()}

    assert {"signalcast_deliveries", "signalcast_events_emitted", "signalcast_build"} <= names
    assert REGISTRY._names_to_collectors["signalcast_deliveries"] is meter
