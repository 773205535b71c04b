"""A model instance, as it is in memory: nothing is loaded, and nothing of its class is called."""

from typing import Any

from django.db.models import Model


def pk(instance: Model) -> Any:
    """The primary key as it is in memory, a list if it is made of several fields."""
    keys = [memory(instance).get(field.attname) for field in type(instance)._meta.pk_fields]
    return keys if len(keys) > 1 else keys[0]


def memory(instance: Model) -> dict[str, Any]:
    """What an instance holds, past whatever its class does when an attribute is asked for."""
    held: dict[str, Any] = object.__getattribute__(instance, "__dict__")
    return held
