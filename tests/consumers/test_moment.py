"""Moments, as people type them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.moment import at, since

NOW = datetime(2026, 11, 22, 18, 59, tzinfo=UTC)
TEN = datetime(2026, 11, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "text, moment",
    [
        ("2026-11-01T10:00Z", TEN),
        ("2026-11-01T10:00:00Z", TEN),
        ("2026-11-01t10:00z", TEN),
        ("2026-11-01 10:00", TEN),
        ("2026-11-01T10:00", TEN),
        ("2026-11-01T12:00+02:00", TEN),
        ("2026-11-01T12:00 02:00", TEN),
        ("2026-11-01T12:00 +0200", TEN),
        ("2026-11-01T06:30-03:30", TEN),
        ("2026-11-01", TEN - timedelta(hours=10)),
        ("2026-11-01T10:00:00.5Z", TEN + timedelta(milliseconds=500)),
        ("2026-11-01T10:00:00,123456789Z", TEN + timedelta(microseconds=123456)),
        ("2026-11-01T10:00:00.000001+00:00", TEN + timedelta(microseconds=1)),
    ],
)
def test_a_time_is_read_as_rfc_3339_has_it_and_with_less(text, moment):
    assert at(text) == since(text, NOW) == moment


@pytest.mark.parametrize(
    "text, ago",
    [
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
        ("2h", timedelta(hours=2)),
        ("3d", timedelta(days=3)),
        ("1w", timedelta(weeks=1)),
        ("0s", timedelta(0)),
    ],
)
def test_an_age_is_so_long_before_now(text, ago):
    assert since(text, NOW) == NOW - ago
    assert at(text) is None


def test_an_age_of_more_years_than_there_are_is_the_first_of_them():
    assert since("999999999w", NOW) == since("999999d", NOW) == datetime(1, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "now", "yesterday", "2026", "2026-11", "20261101", "2026-13-01", "2026-11-31", "2026-11-01T25:00Z"]
    + ["2026-11-01T10", "2026-11-01T", "2026-11-01Z", "2026-11-01T10:00ZZ", "2026-11-01T10:00.", "10", "10 m", "-10m"]
    + ["1.5h", "1h30m", "10M", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "２０２６-11-01", "1" * 5000 + "m"]
    + ["2026-11-01T10:00+24:00", "2026-11-01\n"],
)
def test_what_is_no_time_is_none(text):
    assert since(text, NOW) is None


@given(text=st.text(alphabet="0123456789-:TZ+ .mhd", max_size=30))
def test_whatever_the_text_there_is_a_moment_in_utc_or_none(text):
    found = since(text, NOW)

    assert found is None or found.tzinfo is UTC


@given(moment=st.datetimes(timezones=st.just(UTC)))
def test_what_an_event_has_as_its_time_is_read_back(moment):
    assert at(moment.isoformat()) == moment
