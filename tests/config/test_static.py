"""config.static: files for browsers, under a sync and an async server, with and without DEBUG."""

import pytest
from django.contrib.staticfiles import finders

ADDRESS = "/static/admin/css/base.css"


@pytest.fixture(params=[True, False], ids=["looked up each time", "listed at start"])
def finding(settings, request):
    settings.WHITENOISE_AUTOREFRESH = request.param


def stored():
    with open(finders.find("admin/css/base.css"), "rb") as file:
        return file.read()


@pytest.mark.usefixtures("finding")
def test_a_file_is_served_and_asked_for_again_each_time(client):
    response = client.get(ADDRESS)

    assert response.content == stored()
    assert response["Content-Type"].startswith("text/css")
    assert response["Cache-Control"] == "max-age=0, public"
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.usefixtures("finding")
async def test_an_async_server_serves_it_in_one_piece(async_client):
    response = await async_client.get(ADDRESS)

    assert response.content == stored()
    assert not response.streaming


@pytest.mark.usefixtures("finding")
def test_a_copy_that_is_still_good_is_not_sent_again(client):
    etag = client.get(ADDRESS)["ETag"]

    response = client.get(ADDRESS, headers={"If-None-Match": etag})

    assert (response.status_code, response.content) == (304, b"")


@pytest.mark.usefixtures("finding")
async def test_a_file_that_does_not_exist_is_not_found(client, async_client):
    assert (await async_client.get("/static/none.css")).status_code == 404


def test_other_addresses_are_none_of_its_business(client):
    assert client.get("/accounts/login").headers["Location"] == "/accounts/login/"
