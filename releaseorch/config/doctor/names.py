"""Names that only look different: an upgrade keeps both, and somebody must rename one."""

from collections.abc import Iterator

from django.apps import apps
from django.db.models import Model

from releaseorch.config.doctor.findings import Finding, ok, warn
from releaseorch.core.fields import NameKey, name_key

MOST_TOLD = 5


def names() -> Finding:
    found = [
        f"{row._meta.verbose_name} {getattr(row, follows)} (number {row.pk})" for row, follows in doubles()
    ]
    if not found:
        return ok("No two names look the same.")
    told = ", ".join([*found[:MOST_TOLD], *(["…"] if len(found) > MOST_TOLD else [])])
    return warn(f"To the eye there is another one of this name: {told}.", "Rename it on its page.")


def doubles() -> Iterator[tuple[Model, str]]:
    """What was there twice when names began to be told apart; the mark in its key goes away when it is renamed."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, NameKey):
                for row in model._default_manager.filter(**{f"{field.name}__contains": " ~"}).order_by("pk"):
                    key = getattr(row, field.name)
                    if key.endswith(f" ~{row.pk}") and key != name_key(getattr(row, field.follows)):
                        yield row, field.follows
