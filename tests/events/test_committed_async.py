"""*committed*, where signals are sent in async code."""

import pytest
from asgiref.sync import sync_to_async
from django.db import connections, transaction
from django.http import HttpResponse
from django.urls import path

paid = None


async def pay(request, outcome):
    """A view that sends in every way: in a transaction of its own thread, by `asend`, and plainly."""
    paid.send(sender=None, note="plain")
    await paid.asend(sender=None, note="async")
    await sync_to_async(in_a_transaction)(outcome)
    return HttpResponse("paid")


def in_a_transaction(outcome):
    with transaction.atomic():
        paid.send(sender=None, note="transaction")
        if outcome == "fail":
            raise LookupError
        transaction.set_rollback(outcome == "undo")


urlpatterns = [path("pay/<outcome>", pay)]


@pytest.fixture
def pay_by_request(async_client, settings, monkeypatch, order_paid):
    monkeypatch.setitem(globals(), "paid", order_paid)
    settings.ROOT_URLCONF = __name__
    async_client.raise_request_exception = False

    async def pay_by_request(outcome):
        response = await async_client.get(f"/pay/{outcome}")
        await sync_to_async(connections.close_all)()
        return response.status_code

    return pay_by_request


@pytest.mark.parametrize(("outcome", "status"), [("go", 200), ("fail", 500), ("undo", 200)])
async def test_a_transaction_decides_for_its_own_and_the_others_are_marked_for_what_they_are(
    pay_by_request, read_log, failed, outcome, status
):
    assert await pay_by_request(outcome) == status
    recorded = {event["data"]["note"]: event.get("recorded") for event in await sync_to_async(read_log)()}
    await sync_to_async(connections.close_all)()

    committed = {"transaction": None} if outcome == "go" else {}
    assert recorded == {"plain": "besteffort", "async": None} | committed
    assert failed() == {}
