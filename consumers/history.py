"""`/api/events/`: the log in pages of JSON, or all of it, or a chain of events; `/api/events/<id>/`: one event."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.cache import never_cache

from events import log
from events.event import Entry
from events.streams import MAIN

from . import query
from .access import address
from .chain import MAX_EVENTS, MAX_ID, chain_of
from .door import Guest, answers_in_json, error, let_in
from .export import CONTENT_TYPE, export
from .limits import of_filters
from .page import Asked, page_of
from .place import NoPlace, Place
from .protocol import bad_request, shown
from .reactions import lines_of, merged

LIMIT = 100
MAX_LIMIT = 1000

JSON = "application/json"

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_FORMATS = {JSON: "json", CONTENT_TYPE: "ndjson"}
_PLACES = ("after", "before", "last", "since")
_OTHERS = ("before", "limit", "format", "reactions", "correlationid")


@login_not_required
@never_cache
@answers_in_json("GET", "HEAD")
async def events(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """A page of the log, an export, or a chain."""
    async with let_in(request) as guest:
        wanted = query.parse(request.META["QUERY_STRING"], also=_OTHERS, limits=of_filters())
        with_reactions = _wants_reactions(wanted.others)
        if "correlationid" in wanted.others:
            return await _chain(guest, _chain_id(wanted), with_reactions)
        asked = _asked(wanted)
        if _is_export(wanted.others, request):
            return await export(request, guest, asked)
        page = await page_of(await guest.process.hub(), asked, guest.sight)
        reactions = await _reactions(guest, page.excerpt.entries) if with_reactions else None
    return HttpResponse(page.text(lambda place: _link(request, place), reactions), content_type=JSON)


@login_not_required
@never_cache
@answers_in_json("GET", "HEAD")
async def event(request: HttpRequest, id: str) -> HttpResponse:
    """One event. What may not be seen is answered like what is not there."""
    async with let_in(request) as guest:
        id = id.lower()
        database = guest.process.database
        with_reactions = _wants_reactions(request.GET)
        found = await database.run(log.find, MAIN, id) if _ID.fullmatch(id) else None
        notes = await database.run(log.notes_of_event, id) if found and with_reactions else ()
        sight = guest.sight
        if found:
            await sight.learn([found])
        seen = sight.see(found) if found else None
    if seen is None:
        return error(HTTPStatus.NOT_FOUND, "There is no such event.")
    if with_reactions:
        told = merged([note for note in notes if note.kind == "reactions"], sight) or "null"
        return HttpResponse(f'{{"event":{seen.line},\n"reactions":{told}}}\n', content_type=JSON)
    return HttpResponse(seen.line, content_type="application/cloudevents+json")


async def _chain(guest: Guest, id: str, with_reactions: bool) -> HttpResponse:
    hub = await guest.process.hub()
    found = await guest.process.database.run(log.chain, MAIN, id, MAX_EVENTS + 1)
    chain = await chain_of(id, found, guest.sight, epoch=hub.epoch, head=hub.head)
    reactions = await _reactions(guest, chain.entries) if with_reactions else None
    return HttpResponse(chain.text(reactions), content_type=JSON)


async def _reactions(guest: Guest, entries: Sequence[Entry]) -> list[str]:
    """What receivers did with events that are seen."""
    ids = [entry.id for entry in entries]
    return lines_of(await guest.process.database.run(log.notes_of_events, ids), guest.sight)


def _wants_reactions(others: Mapping[str, str]) -> bool:
    """Raises Refused (4400)."""
    wanted = others.get("reactions")
    if wanted not in (None, "1"):
        raise bad_request(f"reactions is {shown(wanted)}; it must be 1.")
    return wanted is not None


def _chain_id(wanted: query.Query) -> str:
    """Raises Refused (4400)."""
    id = wanted.others["correlationid"]
    if wanted.start != "live" or wanted.filter.key or set(wanted.others) - {"correlationid", "reactions"}:
        raise bad_request("Beside correlationid there may be reactions, and nothing else: a chain comes as a whole.")
    if not (0 < len(id) <= MAX_ID and id.isprintable()):
        raise bad_request(f"correlationid is {shown(id)}; it must be a text of 1 to {MAX_ID} characters.")
    return id


def _asked(wanted: query.Query) -> Asked:
    """Raises Refused (4400)."""
    before = _before(wanted.others.get("before"))
    if before and before.epoch and wanted.epoch and before.epoch != wanted.epoch:
        raise bad_request("after and before are positions of different logs.")
    start = None if wanted.start == "live" else wanted.start
    limit = _limit(wanted.others.get("limit", str(LIMIT)))
    epoch = wanted.epoch or (before.epoch if before else None)
    stop = before.position if before else None
    return Asked(filter=wanted.filter, start=start, before=stop, epoch=epoch, limit=limit)


def _is_export(others: Mapping[str, str], request: HttpRequest) -> bool:
    """Raises Refused (4400)."""
    wanted = others.get("format")
    if wanted is None:
        wanted = _FORMATS.get(request.get_preferred_type([JSON, CONTENT_TYPE]), "json")
    if wanted not in _FORMATS.values():
        raise bad_request(f"format is {shown(wanted)}; it must be json or ndjson.")
    if wanted == "ndjson" and "limit" in others:
        raise bad_request("limit is for pages; an export ends at before, or at the head.")
    if wanted == "ndjson" and "reactions" in others:
        raise bad_request("reactions are for pages; an export has events alone.")
    return wanted == "ndjson"


def _before(text: str | None) -> Place | None:
    if text is None:
        return None
    try:
        place = Place.parse(text)
        if place.position == 0:
            raise NoPlace(text)
    except NoPlace as error:
        expected = "a position, 1 or more, or an epoch, a colon and a position"
        raise query.no_place("before", text, expected, error) from error
    return place


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) <= MAX_LIMIT):
        raise bad_request(f"limit is {shown(text)}; it must be a number of events, 1 to {MAX_LIMIT}.")
    return int(text)


def _link(request: HttpRequest, place: Mapping[str, str]) -> str:
    """The address of another page with the same filter."""
    pairs = parse_qsl(request.META["QUERY_STRING"], keep_blank_values=True)
    others = [(name, value) for name, value in pairs if name not in _PLACES]
    return f"{address(request)}?{urlencode([*place.items(), *others], safe=':*')}"
