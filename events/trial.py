"""A trial: a test event, to see that it arrives. It is recorded as a signal would be, and no receiver runs.

It carries nothing of the business, so that nobody takes it for a sale, whoever follows the stream.
"""

from django.db import transaction

from . import catalog, log
from .event import Event, new_id, now
from .lessons import TEST
from .payload import describe
from .publication import publish
from .settings import current
from .streams import MAIN


def types() -> list[str]:
    """Of which there can be one."""
    return [attachment.type for attachment in catalog.attachments()]


def send(type: str) -> str:
    """Returns the event's id. Raises UnknownType, and what the database raises."""
    attachment = catalog.attachment_of(type)
    settings = current()
    payload = describe({"note": TEST}, limit=settings.MAX_DATA_BYTES, personal=())
    time = now()
    event = Event(
        id=new_id(time),
        stream=MAIN,
        type=attachment.type,
        source=settings.SOURCE,
        time=time,
        data=payload.text,
        summary=payload.summary,
        origin=TEST,
    )
    row_id = log.append(event, using=settings.DATABASE)
    transaction.on_commit(lambda: publish(row_id), using=settings.DATABASE)
    return event.id
