"""The tables of the log. They are written and read by `log`, `notes`, `lessons` and `publisher` alone, the admin aside.

Every column that a sender fills has a default in the database, so that during a rolling deploy an old process can
still append.
"""

from django.db import models
from django.db.models.functions import Now


class StreamRow(models.Model):
    """A stream's head. Whoever holds the lock on this row numbers events."""

    name = models.CharField(max_length=64, primary_key=True)
    # Names this log's life: another epoch means another log, whatever the positions say.
    epoch = models.CharField(max_length=36)
    head = models.BigIntegerField(default=0, db_default=0)
    # The id from which on a pass that was full has left rows behind; the next pass begins there, whoever runs it.
    backlog = models.BigIntegerField(null=True)

    class Meta:
        db_table = "signalcast_stream"
        default_permissions = ()
        verbose_name = "stream"

    def __str__(self) -> str:
        return self.name


class EventRow(models.Model):
    """An event's place in the log. `id` is the order of insertion, `position` (after commit) that of the stream."""

    event_id = models.CharField(max_length=36, unique=True)
    stream = models.CharField(max_length=64, db_default="main")
    position = models.BigIntegerField(null=True)
    type = models.CharField(max_length=255, db_default="")
    source = models.CharField(max_length=255, db_default="")
    sender = models.CharField(max_length=255, db_default="")
    subject = models.CharField(max_length=255, db_default="")
    time = models.DateTimeField(db_default=Now())
    correlation_id = models.CharField(max_length=64, db_default="")
    causation_id = models.CharField(max_length=64, db_default="")
    origin = models.CharField(max_length=255, db_default="")
    # The event as JSON, encoded when the signal was sent; position and epoch are spliced in when it is read.
    text = models.TextField(db_default="")

    class Meta:
        db_table = "signalcast_event"
        default_permissions = ()
        permissions = [
            ("view_event", "Can follow the stream of events"),
            ("view_personal_data", "Can view personal data in events"),
            ("send_test_event", "Can send test events"),
        ]
        verbose_name = "event"
        constraints = [
            models.UniqueConstraint(
                fields=["stream", "position"],
                condition=models.Q(position__isnull=False),
                name="signalcast_event_position",
            ),
        ]
        indexes = [
            models.Index(
                fields=["stream", "id"],
                condition=models.Q(position__isnull=True),
                name="signalcast_event_pending",
            ),
            models.Index(
                fields=["stream", "correlation_id", "position"],
                condition=~models.Q(correlation_id="") & models.Q(position__isnull=False),
                name="signalcast_event_chain",
            ),
        ]

    def __str__(self) -> str:
        return self.event_id


class NotebookRow(models.Model):
    """The head of a stream's notes. Whoever holds the lock on this row writes some; numbering does not wait for it."""

    stream = models.CharField(max_length=64, primary_key=True)
    head = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "signalcast_notebook"
        default_permissions = ()
        verbose_name = "notebook"

    def __str__(self) -> str:
        return self.stream


class NoteRow(models.Model):
    """What was learnt of an event after it was recorded: what its receivers did, or that it rolled back."""

    stream = models.CharField(max_length=64, db_default="main")
    cursor = models.BigIntegerField()
    kind = models.CharField(max_length=16, db_default="reactions")
    event_id = models.CharField(max_length=36, db_default="", db_index=True)
    # None for an event that is in no log.
    position = models.BigIntegerField(null=True)
    type = models.CharField(max_length=255, db_default="")
    time = models.DateTimeField(db_default=Now())
    text = models.TextField(db_default="")

    class Meta:
        db_table = "signalcast_note"
        default_permissions = ()
        verbose_name = "note"
        constraints = [models.UniqueConstraint(fields=["stream", "cursor"], name="signalcast_note_cursor")]
        indexes = [
            models.Index(
                fields=["stream", "position"],
                condition=models.Q(position__isnull=False),
                name="signalcast_note_position",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.event_id}"


class LessonRow(models.Model):
    """What was learnt of one type of event; and, in the place of a type "", how far the log was learnt."""

    stream = models.CharField(max_length=64, db_default="main")
    type = models.CharField(max_length=255, db_default="")
    epoch = models.CharField(max_length=36, db_default="")
    position = models.BigIntegerField(db_default=0)
    text = models.TextField(db_default="")

    class Meta:
        db_table = "signalcast_lesson"
        default_permissions = ()
        verbose_name = "lesson"
        constraints = [models.UniqueConstraint(fields=["stream", "type"], name="signalcast_lesson_type")]

    def __str__(self) -> str:
        return self.type
