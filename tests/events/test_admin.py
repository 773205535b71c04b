"""events.admin: the log, for reading only, in queries that do not grow with it."""

import json
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.urls import reverse

from events import admin, attach, detach, log
from events.attachment import attached
from events.event import Event, new_id
from events.models import EventRow, NoteRow
from events.process import publisher

LIST = "/admin/signalcast/eventrow/"


@pytest.fixture(autouse=True)
def nobody_signs_in():
    """Signing in to look at the log would be an event of its own."""
    streamed = attached[user_logged_in]
    detach(user_logged_in)

    yield

    attach(user_logged_in, type=streamed.type, path=streamed.path)


@pytest.fixture
def get(admin_client):
    def get(address=LIST, **query):
        answer = admin_client.get(address, query)
        assert answer.status_code == 200
        return answer.content.decode()

    return get


@pytest.fixture
def places(get):
    """The positions in the list, from the top."""

    def places(**query):
        found = re.findall(r'field-place"><a [^>]*>(.*?)</a>', get(**query))
        return [int(place) if place.isdecimal() else place for place in found]

    return places


@pytest.fixture
def send(order_paid, read_log):
    def send(times=1, **arguments):
        for _ in range(times):
            order_paid.send(sender=None, **arguments)
        return read_log()

    return send


def address_of(position):
    return f"{LIST}{EventRow.objects.get(position=position).pk}/change/"


def append(time, type="shop.order_paid"):
    """An event of that time, which waits for its position."""
    event = Event(id=new_id(time), stream="main", type=type, source="/s", time=time, data="{}")
    return log.append(event, using="default")


def staff(client, *codenames):
    user = User.objects.create_user("maria", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    return client


def test_the_newest_event_comes_first_with_what_it_was_about(get, places, send):
    send(2, note="hello", count=7)

    assert places() == [2, 1]
    shown = get()
    assert "note hello · count 7" in shown
    assert "shop.order_paid" in shown


def test_whoever_may_follow_the_stream_may_read_the_log(client, send):
    send()

    assert staff(client, "view_event").get(LIST).status_code == 200
    assert client.get(address_of(1)).status_code == 200
    assert "Signalcast" in client.get("/admin/").content.decode()


def test_where_a_policy_decides_who_may_follow_what_the_log_is_for_superusers(client, send, settings):
    send()
    settings.SIGNALCAST = {**settings.SIGNALCAST, "CAN_FOLLOW": "consumers.policy.can_follow"}

    assert staff(client, "view_event", "view_personal_data").get(LIST).status_code == 403
    assert client.get(address_of(1)).status_code == 403
    client.force_login(User.objects.create_superuser("root"))
    assert client.get(LIST).status_code == 200


def test_whoever_may_not_follow_the_stream_may_not_read_the_log_either(client, send):
    send()

    assert staff(client, "view_order", "add_order").get(LIST).status_code == 403
    assert client.get(address_of(1)).status_code == 403
    assert "Signalcast" not in client.get("/admin/").content.decode()


@pytest.mark.parametrize("model", ["eventrow", "streamrow"])
def test_nobody_adds_changes_or_deletes(admin_client, send, model):
    send()
    pk = EventRow.objects.get().pk if model == "eventrow" else "main"
    change, delete = (reverse(f"admin:signalcast_{model}_{action}", args=[pk]) for action in ("change", "delete"))

    assert admin_client.get(reverse(f"admin:signalcast_{model}_add")).status_code == 403
    assert admin_client.post(change, {"type": "another"}).status_code == 403
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403
    assert "delete_selected" not in admin_client.get(reverse(f"admin:signalcast_{model}_changelist")).content.decode()
    assert EventRow.objects.get().type == "shop.order_paid"


def test_an_event_without_a_position_is_pending_and_on_no_dashboard(get, places, send, settings):
    send()
    settings.SIGNALCAST = settings.SIGNALCAST | {"PUBLISHER": "off"}
    row = append(datetime.now(UTC))

    assert places() == ["pending", 1]
    shown = get(f"{LIST}{row}/change/")
    assert "pending" in shown
    assert "?at=" not in shown
    assert "sequence" not in shown


def test_the_events_of_one_type_can_be_chosen(places, stream, send):
    completed = stream(type="shop.course_completed")
    send()
    completed.send(sender=None)
    send()

    assert places(type="shop.course_completed") == [2]
    assert places(type="shop.order_paid") == [3, 1]
    assert places(type="shop.order_paid\0") == []


def test_the_list_can_end_in_the_past(places, transactional_db):
    now = datetime.now(UTC)
    for age in (timedelta(weeks=2), timedelta(days=2), timedelta(hours=2), timedelta(minutes=2)):
        last = append(now - age)
    EventRow.objects.filter(pk=last - 2).delete()  # As a transaction that rolled back leaves a hole in the ids.
    publisher().wake(0)
    assert publisher().flush(10)

    assert [places(until=until) for until in ("week", "day", "hour")] == [[1], [1], [2, 1]]
    assert places() == [3, 2, 1]


def test_what_is_older_than_the_whole_log_is_an_empty_list(places, send):
    send()

    assert places(until="week") == []


def test_a_list_is_bounded_and_the_next_one_is_before_it(get, places, send, monkeypatch):
    monkeypatch.setattr(admin, "SPAN", 3)
    send(7)
    (earlier,) = re.findall(r'href="\?until=(\d+)"', get())

    assert places() == [7, 6, 5]
    assert places(until=earlier) == [4, 3, 2]


@pytest.mark.parametrize("query", [{}, {"until": "day"}, {"type": "shop.order_paid"}, {"q": "1"}, {"p": "1"}], ids=str)
def test_no_query_reads_or_counts_the_whole_log(admin_client, send, query, django_assert_max_num_queries):
    send(60)

    with django_assert_max_num_queries(20) as done:
        assert admin_client.get(LIST, query).status_code == 200

    asked = [query["sql"] for query in done.captured_queries if "signalcast_event" in query["sql"]]
    narrow = r'"id" <= \d+|"position" = \d+|ORDER BY (?:1|"signalcast_event"."id") (?:ASC|DESC) LIMIT 1$'
    assert asked
    assert [sql for sql in asked if not re.search(narrow, sql)] == []


@pytest.mark.parametrize("until", ["nonsense", "-1", "9" * 19, "9" * 5000, "٣", "'"])
def test_an_address_that_somebody_made_up_does_no_harm(places, send, until):
    send()

    assert places(until=until) in ([], [1])
    assert places(q=until) == []


def test_an_event_is_found_by_its_position_or_id_however_long_ago_it_was(places, send, monkeypatch):
    monkeypatch.setattr(admin, "SPAN", 1)
    third = send(5)[2]["id"]

    assert places(q="2") == [2]
    assert places(q=third) == [3]
    assert places(q="6") == places(q="0" * 36) == []


def test_the_event_is_shown_as_its_clients_get_it(get, send):
    (event,) = send(note="łódź", count=2**60, ratio=0.1)

    (shown,) = re.findall(r"<pre>(.*?)</pre>", get(address_of(1)), re.DOTALL)

    assert json.loads(unescape(shown)) == event
    assert "łódź" in shown


def test_what_is_hostile_is_shown_and_does_nothing(get, send):
    send(note="</pre><script>alert(1)</script>\u202e", **{"<b>": 1})

    for shown in (get(), get(address_of(1))):
        assert "<script>alert" not in shown
        assert "<b>" not in shown
        assert "&lt;script&gt;" in shown
    assert "\\u202e" in get(address_of(1))


def test_what_would_turn_the_writing_around_is_written_out_in_the_list_too(get, send):
    send()
    row = EventRow.objects.get()
    text = json.dumps(json.loads(row.text) | {"summary": "a\u202eb"})
    EventRow.objects.update(type="c\u202ed", sender="e\u200bf", subject="g\u2066h", text=text)

    for shown, subject in ((get(), "named"), (get(address_of(1)), "about")):
        assert not re.search("[\u200b\u202e\u2066]", shown)
        columns = {"kind": r"c\u202ed", "sent_by": r"e\u200bf", subject: r"g\u2066h", "summary": r"a\u202eb"}
        for name, written in columns.items():
            assert written in shown.split(f"field-{name}")[1][:600]


def test_an_event_leads_to_what_it_was_about_and_to_the_dashboard(get, send):
    nora = User.objects.create_user("nora")
    send(user=nora)

    shown = get(address_of(1))

    assert f'<a href="/admin/auth/user/{nora.pk}/change/">auth.user/{nora.pk}</a>' in shown
    assert '<a href="/?at=1">/?at=1</a>' in shown


@pytest.mark.parametrize("subject", ["gone.order/1", "signalcast.eventrow", "note", ""])
def test_a_subject_without_a_page_is_no_link(get, send, subject):
    send()
    EventRow.objects.update(subject=subject)

    shown = get(address_of(1))

    assert "field-about" in shown
    assert f">{subject}</a>" not in shown


@pytest.mark.parametrize("use_tz", [True, False])
def test_times_are_those_of_the_project_whatever_the_column_holds(settings, use_tz, transactional_db):
    settings.USE_TZ, settings.TIME_ZONE = use_tz, "Asia/Tokyo"
    row = EventRow.objects.get(pk=append(datetime(2026, 3, 1, 20, 0, 0, 7000, tzinfo=UTC)))

    assert admin.EventAdmin(EventRow, None).when(row) == "2026-03-02 05:00:00.007+09:00"


def test_the_stream_is_shown_with_its_head(get, send):
    send(3)

    assert re.search(r'field-head">3<', get("/admin/signalcast/streamrow/"))
    assert "main" in get("/admin/signalcast/streamrow/main/change/")


def test_personal_data_is_shown_to_those_only_who_may_view_it(client, stream, read_log):
    stream(personal=["email"]).send(sender=None, email="canary@example.com", note="hello")
    read_log()

    staff(client, "view_event")
    masked = client.get(LIST).content.decode() + client.get(address_of(1)).content.decode()
    User.objects.get().user_permissions.add(Permission.objects.get(codename="view_personal_data"))
    shown = client.get(address_of(1)).content.decode()
    listed = client.get(LIST).content.decode()

    assert "canary" not in masked
    assert "email (personal) · note hello" in masked
    assert "email canary@example.com · note hello" in listed
    assert '"$mark": "personal"' in unescape(masked) and '"note": "hello"' in unescape(masked)
    assert '"email": "canary@example.com"' in unescape(shown)


@pytest.mark.parametrize(
    "asked",
    [
        "eventrow/?event_id__regex=(((",
        "eventrow/?time__year=99999",
        "eventrow/?position__in=99999999999999999999",
        "noterow/?type=%00",
        "streamrow/?name=%00",
    ],
)
def test_what_no_filter_offers_is_not_looked_for(admin_client, asked):
    assert admin_client.get(f"/admin/signalcast/{asked}").status_code == 400


@pytest.mark.parametrize("kind", ["eventrow", "noterow", "streamrow"])
def test_what_cannot_be_there_is_not_found(admin_client, kind):
    assert admin_client.get(f"/admin/signalcast/{kind}/%00/change/").status_code == 302


def test_nobody_finds_out_by_asking_for_a_text(client, stream, read_log):
    stream(personal=["email"]).send(sender=None, email="canary@example.com")
    read_log()
    staff(client, "view_event")

    for lookup in ("text", "text__contains", "text__regex"):
        assert client.get(LIST, {lookup: "canary"}).status_code == 400


def test_what_was_noted_is_there_to_read_and_what_exceptions_said_for_those_who_may_view_it(client, stream, read_log):
    def send_receipt(**arguments):
        raise LookupError("canary@example.com")

    signal = stream()
    signal.connect(send_receipt)
    signal.send_robust(sender=None)
    with suppress(LookupError), transaction.atomic():
        signal.send(sender=None, note="rolled back")
    read_log()
    notes = "/admin/signalcast/noterow/"
    addresses = [f"{notes}{id}/change/" for id in NoteRow.objects.order_by("id").values_list("id", flat=True)]

    staff(client, "view_event")
    listed = client.get(notes).content.decode()
    found = client.get(notes, {"q": NoteRow.objects.first().event_id}).content.decode()
    masked = unescape("".join(client.get(address).content.decode() for address in addresses))
    User.objects.get().user_permissions.add(Permission.objects.get(codename="view_personal_data"))
    shown = unescape("".join(client.get(address).content.decode() for address in addresses))

    assert re.findall(r'field-kind">(\w+)<', listed) == ["ghost", "reactions"]
    assert len(re.findall(r'field-kind">(\w+)<', found)) == 1
    assert "send_receipt" in masked and '"error": "LookupError"' in masked and "canary" not in masked
    assert shown.count("LookupError: canary@example.com") == 2
    assert client.get(notes, {"text__contains": "canary"}).status_code == 400
    assert client.post(addresses[0], {}).status_code == 403
