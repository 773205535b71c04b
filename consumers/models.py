"""The tables of the read side: tokens, and the changes of access that server processes tell each other."""

from django.conf import settings
from django.db import models


class Token(models.Model):
    """Lets its holder follow the stream as its user, and no further. The secret itself is not here."""

    name = models.CharField(max_length=100, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    types = models.CharField(max_length=1000, blank=True, default="")
    """Separated by spaces, each whole or with a star at its end; empty is all."""
    expires = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created = models.DateTimeField(auto_now_add=True)
    revoked = models.DateTimeField(null=True, blank=True, editable=False)
    last_used = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        db_table = "signalcast_token"
        ordering = ("name",)

    def __str__(self) -> str:
        return str(self.name)


class AccessChange(models.Model):
    """Somebody's rights may have changed: server processes look for new rows, and ask anew."""

    whose = models.CharField(max_length=80)
    """`user:42`, `session:<digest>`, `token:7`, or `everybody`."""
    time = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        db_table = "signalcast_access_change"
        verbose_name = "change of access"
        verbose_name_plural = "changes of access"
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.whose)
