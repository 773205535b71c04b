"""`/api/events/`: the log in pages of JSON, forward and backward, or all of it; `/api/events/<id>/`: one event."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from events import log
from events.streams import MAIN

from . import query
from .door import answers_in_json, error, let_in
from .export import CONTENT_TYPE, export
from .limits import of_filters
from .page import Asked, page_of
from .protocol import MAX_POSITION, bad_request, shown

LIMIT = 100
MAX_LIMIT = 1000

JSON = "application/json"

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_FORMATS = {JSON: "json", CONTENT_TYPE: "ndjson"}
_PLACES = ("after", "before", "last", "since")


@login_not_required
@never_cache
@require_safe
@answers_in_json
async def events(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """A page of the log, or an export."""
    async with let_in(request) as guest:
        wanted = query.parse(request.META["QUERY_STRING"], also=("before", "limit", "format"), limits=of_filters())
        asked = _asked(wanted)
        if _is_export(wanted.others, request):
            return await export(request, guest, asked)
        page = await page_of(await guest.process.hub(), asked, guest.sight)
    return HttpResponse(page.text(lambda place: _link(request, place)), content_type=JSON)


@login_not_required
@never_cache
@require_safe
@answers_in_json
async def event(request: HttpRequest, id: str) -> HttpResponse:
    """One event. What may not be seen is answered like what is not there."""
    async with let_in(request) as guest:
        id = id.lower()
        found = await guest.process.database.run(log.find, MAIN, id) if _ID.fullmatch(id) else None
        sight = guest.sight
        if found:
            await sight.learn([found])
        seen = sight.see(found) if found else None
    if seen is None:
        return error(HTTPStatus.NOT_FOUND, "There is no such event.")
    return HttpResponse(seen.line, content_type="application/cloudevents+json")


def _asked(wanted: query.Query) -> Asked:
    """Raises Refused (4400)."""
    epoch, before = _before(wanted.others.get("before"))
    if epoch and wanted.epoch and epoch != wanted.epoch:
        raise bad_request("after and before are positions of different logs.")
    start = None if wanted.start == "live" else wanted.start
    limit = _limit(wanted.others.get("limit", str(LIMIT)))
    return Asked(filter=wanted.filter, start=start, before=before, epoch=wanted.epoch or epoch, limit=limit)


def _is_export(others: Mapping[str, str], request: HttpRequest) -> bool:
    """Raises Refused (4400)."""
    wanted = others.get("format") or _FORMATS.get(request.get_preferred_type([JSON, CONTENT_TYPE]), "json")
    if wanted not in _FORMATS.values():
        raise bad_request(f"format is {shown(wanted)}; it must be json or ndjson.")
    if wanted == "ndjson" and "limit" in others:
        raise bad_request("limit is for pages; an export ends at before, or at the head.")
    return wanted == "ndjson"


def _before(text: str | None) -> tuple[str | None, int | None]:
    if text is None:
        return None, None
    epoch, _, position = text.rpartition(":")
    if not (_is_number(position) and 0 < int(position) <= MAX_POSITION):
        raise bad_request(f"before is {shown(text)}; it must be a position, or an epoch, a colon and a position.")
    return epoch or None, int(position)


def _limit(text: str) -> int:
    if not (_is_number(text) and 0 < int(text) <= MAX_LIMIT):
        raise bad_request(f"limit is {shown(text)}; it must be a number of events, 1 to {MAX_LIMIT}.")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def _link(request: HttpRequest, place: Mapping[str, str]) -> str:
    """The address of another page with the same filter."""
    pairs = parse_qsl(request.META["QUERY_STRING"], keep_blank_values=True)
    others = [(name, value) for name, value in pairs if name not in _PLACES]
    return f"{request.path}?{urlencode([*place.items(), *others], safe=':*')}"
