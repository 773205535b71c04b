"""The log in Django's admin, for reading only.

A list shows the newest 10,000 rows, or 10,000 before a moment: no query of it grows with the log.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html

from . import catalog, log
from .event import Entry
from .models import EventRow, NoteRow, StreamRow
from .notes import GHOST
from .personal import ghost_without_personal, reactions_without_personal, without_personal
from .settings import current
from .streams import MAIN

SPAN = 10_000

_AGO = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


class Until(admin.SimpleListFilter):
    """Where the rows that are shown end: the log may be too long to be counted, or sorted."""

    title = f"time: the {SPAN:,} up to"
    parameter_name = "until"
    last = 0

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, f"A {value} ago".replace("A h", "An h")) for value in _AGO]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        self.last = _last(queryset, self.value() or "")
        return queryset.filter(id__lte=self.last, id__gt=self.last - SPAN)

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        for value, name in [(None, "Now"), *self.lookup_choices]:
            without = [self.parameter_name] if value is None else []
            link = changelist.get_query_string({} if value is None else {self.parameter_name: value}, without)
            yield {"selected": self.value() == value, "query_string": link, "display": name}
        if self.last > SPAN:
            link = changelist.get_query_string({self.parameter_name: self.last - SPAN})
            yield {"selected": False, "query_string": link, "display": f"The {SPAN:,} before these"}


class Type(admin.SimpleListFilter):
    title = "type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(attachment.type, attachment.type) for attachment in catalog.attachments()]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        return queryset.filter(type=_findable(self.value())) if self.value() else queryset


class ReadOnly(admin.ModelAdmin):
    """For whoever may follow the stream; nobody adds, changes or deletes, whatever else they may."""

    actions = None
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A policy of the project's decides event by event, which lists and counts of rows cannot.
        everything = not current().CAN_FOLLOW or getattr(request.user, "is_superuser", False)
        return bool(everything and request.user.has_perm("signalcast.view_event"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        # Whoever may ask whether the text holds a word need not see it; and what has no index would be looked for long.
        return lookup in [getattr(asked, "parameter_name", asked) for asked in self.list_filter]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        return super().get_object(request, _findable(object_id), from_field)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        # Where the log is, never through a router: a replica lags.
        rows: QuerySet[Any] = super().get_queryset(request).using(current().DATABASE)
        return rows


@admin.register(EventRow)
class EventAdmin(ReadOnly):
    list_display = ("place", "when", "kind", "sent_by", "named", "summary")
    list_filter = (Until, Type)
    list_per_page = 50
    ordering = (F("position").desc(nulls_first=True), "-id")
    search_fields = ("event_id",)
    search_help_text = "A position, or the id of an event, anywhere in the log."
    fields = ("place", "when", "kind", "sent_by", "about", "summary", "event_id", "on_the_dashboard", "event")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return _as_seen(request, self.list_display)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return _as_seen(request, self.fields)

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        term = _findable(search_term)
        if not term:
            return queryset, False
        everything = self.get_queryset(request).order_by(*self.ordering)
        if term.isdecimal() and len(term) < 20:
            return everything.filter(stream=MAIN, position=int(term)), False
        return everything.filter(event_id=term), False

    @admin.display(description="position")
    def place(self, row: Any) -> str:
        return "pending" if row.position is None else str(row.position)

    @admin.display(description="time")
    def when(self, row: Any) -> str:
        local = _time(row).astimezone(timezone.get_current_timezone())
        return local.isoformat(sep=" ", timespec="milliseconds")

    @admin.display(description="type")
    def kind(self, row: Any) -> str:
        return _visible(row.type)

    @admin.display(description="sender")
    def sent_by(self, row: Any) -> str:
        return _visible(row.sender)

    @admin.display(description="subject")
    def named(self, row: Any) -> str:
        return _visible(row.subject)

    @admin.display
    def summary(self, row: Any) -> str:
        return _visible(str(_attributes(row.text).get("summary", "")))

    @admin.display(description="summary")
    def summary_without_personal(self, row: Any) -> str:
        return _visible(str(_attributes(without_personal(row.text)).get("summary", "")))

    @admin.display(description="subject")
    def about(self, row: Any) -> str:
        """A link to the subject's own page in this admin, if it has one."""
        label, _, pk = row.subject.partition("/")
        try:
            meta = apps.get_model(label)._meta
            name = f"{self.admin_site.name}:{meta.app_label}_{meta.model_name}_change"
            return _link(reverse(name, args=[quote(pk)]), self.named(row))
        except (LookupError, ValueError, NoReverseMatch):
            return self.named(row) or "-"

    @admin.display(description="dashboard")
    def on_the_dashboard(self, row: Any) -> str:
        try:
            address = f"{reverse('signalcast:dashboard')}?at={row.position}"
        except NoReverseMatch:
            return "-"
        return "-" if row.position is None else _link(address, address)

    @admin.display(description="event")
    def event(self, row: Any) -> str:
        """The event as its clients get it; one without a position as it waits in the log."""
        return _shown(_line(row))

    @admin.display(description="event")
    def event_without_personal(self, row: Any) -> str:
        return _shown(without_personal(_line(row)))


@admin.register(NoteRow)
class NoteAdmin(ReadOnly):
    """What receivers did, and what rolled back."""

    list_display = ("cursor", "kind", "place", "named", "event_id", "time")
    list_filter = ("kind",)
    list_per_page = 50
    ordering = ("-id",)
    search_fields = ("event_id",)
    search_help_text = "The id of an event."
    fields = ("cursor", "kind", "place", "named", "event_id", "time", "shown")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        may = request.user.has_perm("signalcast.view_personal_data")
        return self.fields if may else (*self.fields[:-1], "shown_without_personal")

    def get_search_results(
        self, request: HttpRequest, queryset: "QuerySet[Any]", search_term: str
    ) -> tuple["QuerySet[Any]", bool]:
        term = _findable(search_term)
        return (queryset.filter(event_id=term) if term else queryset), False

    @admin.display(description="position")
    def place(self, row: Any) -> str:
        return "-" if row.position is None else str(row.position)

    @admin.display(description="type")
    def named(self, row: Any) -> str:
        return _visible(row.type)

    @admin.display(description="what was noted")
    def shown(self, row: Any) -> str:
        return _shown(row.text)

    @admin.display(description="what was noted")
    def shown_without_personal(self, row: Any) -> str:
        mask = ghost_without_personal if row.kind == GHOST else reactions_without_personal
        return _shown(mask(row.text))


@admin.register(StreamRow)
class StreamAdmin(ReadOnly):
    list_display = ("name", "head", "epoch")


def _as_seen(request: HttpRequest, names: tuple[str, ...]) -> tuple[str, ...]:
    """The columns, or what stands for them where personal data may not be seen."""
    if request.user.has_perm("signalcast.view_personal_data"):
        return names
    return tuple(f"{name}_without_personal" if name in ("summary", "event") else name for name in names)


def _line(row: Any) -> str:
    line: str = row.text
    if row.position is None:
        return line
    epoch = log.head(row.stream).epoch
    return Entry.of(row.position, line, source=row.source, stream=row.stream, epoch=epoch).line


def _shown(line: str) -> str:
    with suppress(ValueError):  # Whatever else is there instead is shown as it is.
        line = json.dumps(json.loads(line), indent=2, ensure_ascii=False)
    return str(format_html("<pre>{}</pre>", _visible(line)))


def _findable(text: str) -> str:
    """What somebody typed. PostgreSQL takes no NUL, and nothing that is looked for has one."""
    return text.strip().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _last(rows: "QuerySet[Any]", until: str) -> int:
    """The id of the last row until then: `hour`, `day` or `week` (ago), an id, or now."""
    if until.isdecimal() and len(until) < 20:
        return int(until)
    ids = rows.order_by("id").values_list("id", flat=True)
    first, last = (ids.first() or 0) - 1, ids.last() or 0
    moment = datetime.now(UTC) - _AGO.get(until, timedelta())
    # Times have no index. They follow the ids closely enough, and those have no end of holes.
    while until in _AGO and first < last:
        middle = (first + last + 1) // 2
        row = rows.filter(id__gte=middle).order_by("id").first()
        if _time(row) <= moment:
            first = row.id
        else:
            last = middle - 1
    return last


def _visible(text: str) -> str:
    """Nothing may turn the writing around, or hide."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in text)


def _link(address: str, text: str) -> str:
    return str(format_html('<a href="{}">{}</a>', address, text))


def _time(row: Any) -> datetime:
    """From the event itself: what the column holds depends on USE_TZ."""
    return datetime.fromisoformat(_attributes(row.text).get("time", "1970-01-01T00:00:00Z"))


def _attributes(text: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(text)
    except ValueError:
        return {}
    return found
