"""`/livez` and `/readyz`: whether this process answers, and whether it can do its work.

As Kubernetes wants them: machines read the status, `?verbose` is for people, `?exclude=layer` leaves a check out. To
those who may measure it also tells how full the buffers are.
"""

import asyncio
import logging
from collections.abc import Mapping

from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.contrib.auth.decorators import login_not_required
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from events import log
from events.settings import current, migration
from events.streams import MAIN

from .access import may_measure
from .probe import SECONDS, Probe
from .process import process

logger = logging.getLogger("signalcast.consumers")

_GROUP = "signalcast.readyz"


class NotMigrated(Exception):
    """The log's tables are not what this code wants: run `manage.py migrate`."""


@login_not_required
@never_cache
@require_safe
async def livez(request: HttpRequest) -> HttpResponse:
    """200 as long as the process can answer at all. It looks at nothing else: restarting cures no database."""
    return _answer(200, "ok")


@login_not_required
@never_cache
@require_safe
async def readyz(request: HttpRequest) -> HttpResponse:
    """200 if the log can be read and the channel layer answers; else 503."""
    excluded = request.GET.getlist("exclude")
    if unknown := [name for name in excluded if name not in CHECKS]:
        return _answer(400, f"There is no check {unknown[0]!r}; there are: {', '.join(CHECKS)}.")
    names = [name for name in CHECKS if name not in excluded]
    reasons = dict(zip(names, await asyncio.gather(*map(_reason, names)), strict=True))
    failed = {name: reason for name, reason in reasons.items() if reason}
    _tell(failed)
    lines = [f"failed: {', '.join(failed)}" if failed else "ok"]
    if "verbose" in request.GET:
        checks = [f"{name}: {f'failed ({reason})' if reason else 'ok'}" for name, reason in reasons.items()]
        lines = [*checks, *(await _buffers() if may_measure(request) else []), *lines]
    answer = _answer(503 if failed else 200, "\n".join(lines))
    # Django would log each 503 as an error, and mail it to the ADMINS. It was told, once.
    answer._has_been_logged = True
    return answer


def _answer(status: int, text: str) -> HttpResponse:
    return HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8")


async def _reason(name: str) -> str:
    """Why the check fails, in words that give no address and no password away; empty if it does not."""
    try:
        await CHECKS[name].answer()
    except TimeoutError:
        return f"no answer within {SECONDS:g} s"
    except NotMigrated:
        return f"not migrated: run {migration()}"
    except Exception as error:  # Whatever it is, that is the answer.
        return type(error).__name__
    return ""


async def _buffers() -> list[str]:
    async with process() as shared:
        return [str(buffer) for buffer in shared.buffers()]


async def _ask_log() -> None:
    async with process() as shared:
        await shared.database.run(_read_log)


def _read_log() -> None:
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connections[current().DATABASE])
        if executor.migration_plan(executor.loader.graph.leaf_nodes("signalcast")):
            raise NotMigrated
        _migrated = True
    log.head(MAIN)


async def _ask_layer() -> None:
    layer = get_channel_layer()
    if layer is None or isinstance(layer, InMemoryChannelLayer):
        return
    async with asyncio.timeout(SECONDS):
        # To nobody; but the layer's server has to answer.
        await layer.group_send(_GROUP, {"type": _GROUP})


def _tell(failed: Mapping[str, str]) -> None:
    """Log what has changed, not every probe."""
    global _told
    told, _told = _told, dict(failed)
    if failed and failed != told:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in failed.items())
        logger.warning("Not ready: %s", reasons, extra={"action": "not_ready"})
    elif told and not failed:
        logger.info("Ready again", extra={"action": "ready"})


CHECKS = {"log": Probe(_ask_log), "layer": Probe(_ask_layer)}
# Looking costs a tenth of a second, and what was migrated stays so.
_migrated = False
_told: dict[str, str] = {}
