from django.db import models


class Event(models.Model):
    """In the table `events_event`, with the permission `events.view_event`."""

    title = models.CharField(max_length=100)
    event_fields = ("title",)
