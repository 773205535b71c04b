"""`manage.py check`: what of a model's declarations no event could show."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Warning, register


@register("signalcast")
def check_models(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    return [
        message for model in apps.get_models() if not _declares_as_its_parents(model) for message in _declared(model)
    ]


def _declares_as_its_parents(model: Any) -> bool:
    """Proxies and children have what was said of another model already."""
    return any(
        getattr(model, "event_fields", None) is getattr(parent, "event_fields", None)
        and getattr(model, "event_personal_fields", None) is getattr(parent, "event_personal_fields", None)
        for parent in ({model._meta.concrete_model, *model._meta.parents} - {model})
    )


def _declared(model: Any) -> Iterator[CheckMessage]:
    label, declared = model._meta.label, getattr(model, "event_fields", None) or ()
    if isinstance(declared, str) or not isinstance(declared, Iterable):
        yield Error(
            f"{label}.event_fields is {declared!r}, no tuple of names.",
            hint='Write event_fields = ("amount",).',
            id="signalcast.E016",
        )
        return
    held = [name for field in model._meta.concrete_fields for name in (field.name, field.attname)]
    for name in declared:
        if name not in held:
            yield Warning(
                f"{label}.event_fields has {name!r}, which is no field that instances hold: events show a mark for it.",
                hint=f"Write one of {', '.join(dict.fromkeys(held))}.",
                id="signalcast.W015",
            )
    yield from _personal(label, getattr(model, "event_personal_fields", ()), (*declared, "pk", model._meta.pk.name))


def _personal(label: str, declared: Any, shown: tuple[Any, ...]) -> Iterator[CheckMessage]:
    if not isinstance(declared, list | tuple):
        yield Error(
            f"{label}.event_personal_fields is {declared!r}, no tuple of names.",
            hint='Write event_personal_fields = ("name", "email").',
            id="signalcast.E014",
        )
        return
    for name in declared:
        if name not in shown:
            yield Error(
                f"{label}.event_personal_fields has {name!r}, which is not among its event_fields.",
                hint=f"Write one of {', '.join(map(str, shown))}.",
                id="signalcast.E014",
            )
