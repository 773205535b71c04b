"""`/metrics`: what this process has counted, and where the log is, for Prometheus."""

import asyncio
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import REGISTRY, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder

from events import log
from events.streams import MAIN

from .access import may_measure
from .metrics import meter
from .probe import Probe
from .process import process

logger = logging.getLogger("signalcast.consumers")

FORBIDDEN = (
    "Metrics are for this machine, and for whoever knows the token: "
    'set SIGNALCAST["METRICS_TOKEN"], and send "Authorization: Bearer <token>".\n'
)


@login_not_required
@never_cache
@require_safe
async def metrics(request: HttpRequest) -> HttpResponse:
    if not may_measure(request):
        return HttpResponse(FORBIDDEN, status=403, content_type="text/plain; charset=utf-8")
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    # In a thread: others' collectors may take their time.
    text = await asyncio.to_thread(encode, _Scrape(await _log_now()))
    return HttpResponse(text, content_type=content_type)


@dataclass(frozen=True, slots=True)
class LogNow:
    """Where the log is: its head, and since when its oldest event without a position waits."""

    head: int
    waiting_since: float | None


class _Scrape:
    """The default registry, and the log: that is not in the registry, where whoever scrapes would wait for it."""

    def __init__(self, now: LogNow | None) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        yield from REGISTRY.collect()
        if self._now:
            yield from of_the_log(self._now)


def of_the_log(now: LogNow) -> Iterator[Metric]:
    yield GaugeMetricFamily("signalcast_log_head", "The newest position in the log.", now.head)
    known = meter.head()
    lag = None if known is None else max(0, now.head - known)
    yield GaugeMetricFamily("signalcast_head_lag_events", "How far this process is behind the log.", lag)
    age = 0.0 if now.waiting_since is None else max(0.0, time.time() - now.waiting_since)
    yield GaugeMetricFamily(
        "signalcast_pending_age_seconds", "How long the oldest committed event has waited for its position.", age
    )


async def _log_now() -> LogNow | None:
    try:
        return await _LOG.answer()
    except Exception as error:  # What the process has counted is worth having even so, then more than ever.
        logger.warning(
            "The log cannot be read for /metrics: %s", type(error).__name__, extra={"action": "metrics_without_log"}
        )
        return None


async def _ask_log() -> LogNow:
    async with process() as shared:
        return await shared.database.run(_read_log)


def _read_log() -> LogNow:
    return LogNow(log.head(MAIN).position, log.waiting_since(MAIN))


_LOG = Probe(_ask_log)
