"""consumers.urls: the addresses for machines."""

import pytest
from django.test import AsyncClient


@pytest.mark.parametrize(
    "address",
    ["livez", "readyz", "metrics", "api/events/", "api/events/some-id/", "api/signals/", "asyncapi.json"],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_what_is_only_read_says_so_to_whoever_would_change_it(address, method):
    answer = await AsyncClient(enforce_csrf_checks=True).generic(method, f"/{address}")

    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
