"""events.origin: from where a signal comes, as far as that is known without asking anybody."""

import asyncio
import contextvars
import gc
import sys
import types
import weakref

import pytest
from asgiref.sync import SyncToAsync, ThreadSensitiveContext, async_to_sync, sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.models import User
from django.core.handlers.asgi import ASGIHandler
from django.core.signals import request_finished, request_started
from django.http import HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.urls import path

from academy.models import Course
from events import middleware, origin
from events.origin import Request

paid = None
MIDDLEWARE = "events.middleware.origin"
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def pay(request, **kwargs):
    paid.send(sender=None)
    if "look" in request.GET:
        str(request.user)
        paid.send(sender=None)
    return HttpResponse("paid")


async def pay_later(request):
    await paid.asend(sender=None)
    return HttpResponse("paid")


def pay_in_pieces(request):
    def pieces():
        paid.send(sender=None)
        yield b"paid"

    return StreamingHttpResponse(pieces())


def ask_another(request):
    paid.send(sender=None)
    return Client().get("/pay/7")


def told(request, number):
    return HttpResponse("\n".join(origin.origin()))


async def told_when_both_are_here(request, number):
    await both.wait()
    return told(request, number)


both = None


urlpatterns = [
    path("pay/<int:order>", pay),
    path("invited/<token>/<slug:course>/", pay),
    path("ask", ask_another),
    path("later", pay_later),
    path("pieces", pay_in_pieces),
    path("told/<int:number>", told),
    path("both/<int:number>", told_when_both_are_here),
]


@pytest.fixture
def site(settings, monkeypatch, order_paid):
    monkeypatch.setitem(globals(), "paid", order_paid)
    settings.ROOT_URLCONF = __name__
    assert settings.MIDDLEWARE[0] == MIDDLEWARE
    return settings


def test_a_signal_that_a_request_sends_knows_it(site, client, read_log):
    client.post("/pay/7?card=4242", headers={"traceparent": TRACEPARENT, "x-request-id": "r-1"})

    [event] = read_log()
    assert (event["origin"], event["traceparent"], event["correlationid"]) == ("web POST /pay/7", TRACEPARENT, "r-1")
    assert "originuser" not in event
    host, _, process = event["originhost"].rpartition("/")
    assert host and int(process)
    assert event["sentfrom"] == f"tests/events/test_origin.py:{pay.__code__.co_firstlineno + 1}"


async def test_so_does_one_that_asynchronous_code_sends(site, async_client, read_log):
    await async_client.get("/later")
    events = await asyncio.to_thread(read_in_a_thread, read_log)

    assert [event["origin"] for event in events] == ["web GET /later"]
    assert events[0]["sentfrom"] == f"tests/events/test_origin.py:{pay_later.__code__.co_firstlineno + 1}"


def read_in_a_thread(read_log):
    from django.db import connections

    try:
        return read_log()
    finally:
        connections.close_all()


def test_the_user_is_known_once_somebody_has_asked_for_it_and_never_asked_for(site, client, read_log):
    user = User.objects.create(username="nora")
    client.force_login(user)
    before = len(read_log())
    client.get("/pay/7?look=1")

    first, second = read_log()[before:]
    assert (first.get("originuser"), second["originuser"]) == (None, f"auth.user/{user.pk}")


def test_all_signals_of_a_request_have_one_correlation_id(site, client, read_log):
    client.get("/pay/7?look=1")
    client.get("/pay/8")

    first, second, third = [event["correlationid"] for event in read_log()]
    assert first == second != third
    assert all(len(each) == 36 for each in (first, third))


def watching(get_response):
    """A middleware of the project's own, in front of ours."""

    def answer(request):
        paid.send(sender=None)
        response = get_response(request)
        paid.send(sender=None)
        return response

    return answer


def test_so_have_those_that_a_middleware_in_front_of_ours_sends(site, client, read_log):
    site.MIDDLEWARE = [f"{__name__}.watching", *site.MIDDLEWARE]
    client.get("/pay/7")
    client.get("/pay/7")

    ids = [event["correlationid"] for event in read_log()]
    assert len(set(ids[:3])) == len(set(ids[3:])) == 1 and ids[0] != ids[3]


def test_a_request_that_is_answered_within_another_is_not_the_other(site, client, read_log):
    client.get("/ask")

    outer, inner = read_log()
    assert (outer["origin"], inner["origin"]) == ("web GET /ask", "web GET /pay/7")
    assert outer["correlationid"] != inner["correlationid"]


@pytest.mark.parametrize("name", ["x" * 65, "a b", "ä", "", "a\nb"])
def test_an_id_that_is_none_is_replaced(name):
    request = Request("GET", "/", {"HTTP_X_REQUEST_ID": name, "HTTP_TRACEPARENT": name})

    assert len(request.origin.correlation_id) == 36
    assert request.origin.traceparent == ""
    assert request.origin.correlation_id == request.origin.correlation_id


@pytest.mark.parametrize(
    "given",
    [
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        TRACEPARENT.upper(),
        TRACEPARENT + "-00",
    ],
)
def test_what_is_no_traceparent_is_none(given):
    assert Request("GET", "/", {"HTTP_TRACEPARENT": given}).origin.traceparent == ""


def test_what_looks_like_a_secret_in_a_path_is_masked(site, client, read_log):
    client.get("/invited/geheim/python-for-beginners-2024/")
    client.get("/invited/x/9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d/")

    assert [event["origin"] for event in read_log()] == [
        "web GET /invited/***/python-for-beginners-2024/",
        "web GET /invited/***/***/",
    ]


def test_without_the_middleware_method_and_path_are_known_all_the_same(site, client, read_log):
    site.MIDDLEWARE = [each for each in site.MIDDLEWARE if each != MIDDLEWARE]
    client.post("/pay/7", headers={"x-correlation-id": "c-1"})

    [event] = read_log()
    assert (event["origin"], event["correlationid"]) == ("web POST /pay/7", "c-1")


async def answered(path, *headers, threads=None):
    """What an ASGI server would get, for a request of its own."""
    scope = {"type": "http", "method": "PUT", "path": path, "query_string": b"card=4242", "headers": headers}

    async def application(*channel):
        if threads:
            SyncToAsync.thread_sensitive_context.set(threads)
        await ASGIHandler()(*channel)

    server = ApplicationCommunicator(application, scope)
    await server.send_input({"type": "http.request"})
    assert (await server.receive_output())["status"] == 200
    body = (await server.receive_output())["body"].decode()
    await server.wait()
    return body.split("\n")


@pytest.fixture
def bare(settings, monkeypatch):
    monkeypatch.setitem(globals(), "both", asyncio.Barrier(2))
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = []


async def test_so_they_are_under_asgi(bare):
    headers = (b"x-request-id", b"r-1"), (b"traceparent", TRACEPARENT.encode()), (b"accept", b"*/*")

    assert await answered("/told/7", *headers) == ["web PUT /told/7", "", "r-1", TRACEPARENT]
    assert origin.origin().text == "test"


async def test_requests_that_are_answered_at_the_same_time_are_told_apart(bare):
    one, other = await asyncio.gather(answered("/both/1"), answered("/both/2"))

    assert (one[0], other[0]) == ("web PUT /both/1", "web PUT /both/2")
    assert one[2] != other[2]


async def test_where_they_cannot_be_told_apart_nothing_is_told(bare):
    async with ThreadSensitiveContext() as threads:
        one, other = await asyncio.gather(answered("/both/1", threads=threads), answered("/both/2", threads=threads))

    assert (one[0], other[0]) == ("test", "test")


async def test_nothing_is_left_of_a_request_that_was_answered(bare):
    await answered("/told/7")
    gc.collect()

    assert not origin._requests


def test_what_a_streamed_response_sends_is_of_the_request_still(site, client, read_log):
    b"".join(client.get("/pieces"))

    assert [event["origin"] for event in read_log()] == ["web GET /pieces"]


def test_after_a_request_nothing_is_of_it(site, client, order_paid, read_log):
    client.get("/pay/7")
    order_paid.send(sender=None)

    assert [event["origin"] for event in read_log()] == ["web GET /pay/7", "test"]


def test_a_server_that_tells_nothing_leaves_nothing_behind():
    def answer():
        request_started.send(sender=None, environ={"REQUEST_METHOD": "GET", "PATH_INFO": "/caf\xc3\xa9"})
        told = origin.origin().text
        request_finished.send(sender=None)
        return told, origin.origin().text

    assert contextvars.copy_context().run(answer) == ("web GET /café", "test")


def test_the_request_is_not_kept_by_what_lasts_longer():
    kept = []

    def view(request):
        kept.append((contextvars.copy_context(), weakref.ref(request)))
        return HttpResponse()

    middleware.origin(view)(RequestFactory().get("/pay/7"))
    gc.collect()
    [(context, request)] = kept

    assert request() is None
    assert context.run(origin.origin).text == "web GET /pay/7"


def test_the_middleware_takes_no_thread_and_passes_exceptions_on():
    class Broken(Exception):
        pass

    def broken(request):
        raise Broken

    async def broken_later(request):
        raise Broken

    request = RequestFactory().get("/")
    with pytest.raises(Broken):
        middleware.origin(broken)(request)
    with pytest.raises(Broken):
        async_to_sync(middleware.origin(broken_later))(request)

    assert origin.origin().text == "test"
    assert middleware.origin.sync_capable and middleware.origin.async_capable


@pytest.mark.parametrize(
    ("arguments", "is_tested", "is_interactive", "told"),
    [
        (("manage.py", "shell"), False, False, "shell"),
        (("/srv/manage.py", "simulate"), False, False, "command simulate"),
        (("/venv/bin/django-admin", "import_orders"), False, False, "command import_orders"),
        (("/venv/lib/django/__main__.py", "import_orders"), False, False, "command import_orders"),
        (("manage.py", "runserver"), False, False, ""),
        (("manage.py", "test"), False, False, "test"),
        (("manage.py",), False, False, ""),
        (("manage.py", "--help"), False, False, ""),
        (("/venv/bin/daphne", "config.asgi"), False, False, ""),
        (("/venv/bin/pytest", "tests"), True, False, "test"),
        (("",), False, True, "shell"),
        (("import.py", "orders"), False, False, ""),
        ((), False, False, ""),
    ],
    ids=str,
)
def test_a_process_is_known_by_how_it_was_started(arguments, is_tested, is_interactive, told):
    assert origin._program(arguments, is_tested, is_interactive) == told


def test_a_task_of_celery_is_known_by_its_name_where_celery_is(order_paid, read_log, monkeypatch):
    state = types.ModuleType("celery._state")
    monkeypatch.setitem(sys.modules, "celery._state", state)
    state.get_current_task = lambda: types.SimpleNamespace(name="shop.tasks.charge")
    order_paid.send(sender=None)
    state.get_current_task = lambda: None
    order_paid.send(sender=None)
    del state.get_current_task
    order_paid.send(sender=None)

    assert [event["origin"] for event in read_log()] == ["task shop.tasks.charge", "test", "test"]


def test_the_line_is_that_of_the_code_that_sends_however_it_does(order_paid, read_log):
    here = sys._getframe().f_lineno
    order_paid.send(sender=None)
    order_paid.send_robust(sender=None)

    async def send():
        await order_paid.asend(sender=None)
        # Its frames do not tell who began it.
        await asyncio.create_task(order_paid.asend(sender=None))

    async_to_sync(send)()

    lines = [event.get("sentfrom") for event in read_log()]
    assert lines == [*(f"tests/events/test_origin.py:{here + further}" for further in (1, 2, 5)), None]


def test_a_thread_that_sends_for_asynchronous_code_tells_no_line_of_what_it_did_before(order_paid, read_log):
    async def send():
        await sync_to_async(order_paid.send)(sender=None)

    async_to_sync(send)()

    assert [event.get("sentfrom") for event in read_log()] == [None]


def test_a_model_s_signal_comes_from_who_saves_it(stream, read_log):
    from django.db.models.signals import post_save

    stream(post_save, type="django.post_save")
    here = sys._getframe().f_lineno
    Course.objects.create(slug="a", title="A", price=1)

    assert [event["sentfrom"] for event in read_log()] == [f"tests/events/test_origin.py:{here + 1}"]


def test_a_signal_that_cannot_be_observed_has_a_line_too(read_log, stream):
    from django.dispatch import Signal

    class Stubborn(Signal):
        def __setattr__(self, name, value):
            if name == "__class__":
                raise TypeError("never")
            super().__setattr__(name, value)

    signal = stream(Stubborn())
    here = sys._getframe().f_lineno
    signal.send(sender=None)

    assert [event["sentfrom"] for event in read_log()] == [f"tests/events/test_origin.py:{here + 1}"]


def test_a_request_of_any_kind_costs_no_event(order_paid, notes):
    class Strange:
        method = None
        path = "/"
        META = {}

        @property
        def resolver_match(self):
            return 1 / 0

    request = Strange()
    request.user = "nora"
    entered = origin.enter(Request.of(request))
    order_paid.send(sender=None, note="a")
    origin.leave(entered)

    assert notes() == ["a"]
