"""The shape of a model: what is shown of its instances, found once."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import CharField, Field, ForeignKey, TextField, UUIDField

from .instance import key_columns
from .mask import is_secret


class Declared(NamedTuple):
    """A field that a model shows."""

    name: str
    column: str | None
    """Where an instance holds the value; None if the model has no such field."""
    foreign_key: ForeignKey | None
    is_secret: bool


class Shape(NamedTuple):
    """What is shown of a model's instances."""

    label: str
    key: str
    key_columns: tuple[str, ...]
    is_secret_key: bool
    fields: tuple[Declared, ...]
    leads_on: bool
    """Whether one of them is another instance."""
    personal: frozenset[str]
    """Those of its fields that are personal."""
    has_personal_key: bool


def shape(model: Any) -> Shape:
    """Of a model, as it declares it: by `event_fields`, and by `event_personal_fields` among them."""
    declared = getattr(model, "event_fields", ())
    personal = getattr(model, "event_personal_fields", ())
    if type(declared) is tuple is type(personal):  # As almost always.
        return shape_of(model, declared, personal)
    return shape_of(model, tuple(declared or ()), personal_fields(model))


def personal_fields(model: Any) -> tuple[str, ...]:
    declared = getattr(model, "event_personal_fields", None)
    # A forgotten comma must not make personal data public.
    return (declared,) if isinstance(declared, str) else tuple(declared or ())


@lru_cache(maxsize=1024)
def shape_of(model: Any, declared: tuple[str, ...], personal: tuple[str, ...] = ()) -> Shape:
    """Made once: to look through a model's fields costs 2 µs for each that it declares."""
    meta = model._meta
    fields = tuple(_declared(meta.concrete_fields, name) for name in declared)
    hidden = {name for field in meta.concrete_fields if _is_personal(field, personal) for name in _names(field)}
    return Shape(
        label=meta.label_lower,
        key=meta.pk.name,
        key_columns=key_columns(model),
        is_secret_key=any(holds_secret(field) for field in (meta.pk, *meta.pk_fields)),
        fields=fields,
        leads_on=any(field.foreign_key for field in fields),
        personal=frozenset(field.name for field in fields if field.name in hidden or field.name in personal),
        has_personal_key="pk" in personal or any(field.name in hidden for field in (meta.pk, *meta.pk_fields)),
    )


def holds_secret(field: Field) -> bool:
    """By its name; by that of what it refers to; and what a token is known by, a text, is most often the token."""
    if isinstance(field, ForeignKey):
        return is_secret(field.name) or holds_secret(field.target_field)
    return is_secret(field.name) or (
        field.primary_key and isinstance(field, _TEXTS) and is_secret(field.model.__name__)
    )


_TEXTS = (CharField, TextField, UUIDField)


def _names(field: Field) -> tuple[str, str]:
    return field.name, field.attname


def _is_personal(field: Field, personal: Iterable[str]) -> bool:
    """Also if its value is that of another model's field that is: a foreign key to an e-mail address."""
    if not set(_names(field)).isdisjoint(personal):
        return True
    target = field.target_field if isinstance(field, ForeignKey) else field
    if target is field:
        return False
    declared = personal_fields(field.related_model)
    if field.remote_field.parent_link:
        # It is this model that holds the field, and says what it is, wherever it was declared.
        declared += tuple(personal)
    return (target.primary_key and "pk" in declared) or _is_personal(target, declared)


def _declared(fields: Iterable[Field], name: str) -> Declared:
    """The field of this name, or in the column of this name."""
    for found in fields:
        if name == found.name:
            return Declared(name, found.attname, found if isinstance(found, ForeignKey) else None, holds_secret(found))
        if name == found.attname:
            return Declared(name, found.attname, None, is_secret(name) or holds_secret(found))
    return Declared(name, None, None, is_secret(name))
