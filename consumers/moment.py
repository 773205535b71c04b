"""A moment, as people type it: `2026-11-01T10:00Z`, `2026-11-01`, or `10m` ago. No I/O, no Django."""

import re
from datetime import UTC, datetime, timedelta

# RFC 3339, but that seconds, the time and the zone may be missing. In a query a plus becomes a space.
_DATE = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9}))?(?: ?([Zz])|( ?[-+]| )(\d\d):?(\d\d))?)?",
    re.ASCII,
)
_AGE = re.compile(r"(\d{1,9})([smhdw])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

MAX_LENGTH = 64
EXPECTED = "a time, e.g. 2026-11-01T10:00Z or 2026-11-01, or an age, e.g. 90s, 10m, 2h, 3d or 1w"


def at(text: str) -> datetime | None:
    """The moment of a date, or of a date and time; without a zone it is UTC. None if the text is neither."""
    found = _DATE.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if found is None:
        return None
    date, time, fraction, _, sign, hours, minutes = found.groups()
    offset = f"{sign.strip() or '+'}{hours}:{minutes}" if sign else "+00:00"
    try:
        # Times before the year 1 in UTC, or after 9999, are none.
        return datetime.fromisoformat(f"{date}T{time or '00:00'}{_seconds(time, fraction)}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def since(text: str, now: datetime) -> datetime | None:
    """The same, or an age: so many seconds, minutes, hours, days or weeks before `now`."""
    found = _AGE.fullmatch(text)
    if found is None:
        return at(text)
    number, unit = found.groups()
    try:
        return now - timedelta(**{_UNITS[unit]: int(number)})
    except OverflowError:  # Longer ago than there are years.
        return datetime.min.replace(tzinfo=UTC)


def _seconds(time: str | None, fraction: str | None) -> str:
    """What comes behind hours and minutes; more digits than Python has are cut off."""
    if not fraction:
        return ""
    return f"{'' if time and len(time) > 5 else ':00'}.{fraction[:6]:0<6}"
