"""A model instance, as it is in memory: nothing is loaded, and nothing of its class is called."""

from functools import lru_cache
from typing import Any

from django.db.models import Model


def pk(instance: Model) -> Any:
    """The primary key as it is in memory, a list if it is made of several fields."""
    model: Any = type(instance)
    return key_in(memory(instance), key_columns(model))


def key_in(held: dict[str, Any], columns: tuple[str, ...]) -> Any:
    """The primary key that an instance holds in these columns."""
    return held.get(columns[0]) if len(columns) == 1 else [held.get(column) for column in columns]


def memory(instance: Model) -> dict[str, Any]:
    """What an instance holds, past whatever its class does when an attribute is asked for."""
    held: dict[str, Any] = object.__getattribute__(instance, "__dict__")
    return held


@lru_cache(maxsize=1024)
def key_columns(model: type[Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.pk_fields)
