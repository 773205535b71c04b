"""consumers.urls: the addresses for machines."""

import pytest
from django.db import connections
from django.test import AsyncClient

ADDRESSES = ["livez", "readyz", "metrics", "api/events/", "api/events/some-id/", "api/signals/", "asyncapi.json"]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_what_is_only_read_says_so_to_whoever_would_change_it(address, method):
    answer = await AsyncClient(enforce_csrf_checks=True).generic(method, f"/{address}")

    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("address", [*ADDRESSES, "api/test-event/"])
async def test_where_requests_are_transactions_it_answers_too(address, monkeypatch, transactional_db):
    for alias in connections:
        monkeypatch.setitem(connections.settings[alias], "ATOMIC_REQUESTS", True)

    assert (await AsyncClient().head(f"/{address}")).status_code < 500
