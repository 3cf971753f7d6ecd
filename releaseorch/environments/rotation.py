"""Sealing anew, under the current key, what older keys have sealed: in batches, while everything goes on."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from releaseorch.accounts.models import SecondFactor
from releaseorch.core import sealing
from releaseorch.environments.models import ConnectionSecret

Sealed = ConnectionSecret | SecondFactor
SEALED: tuple[type[Sealed], ...] = (ConnectionSecret, SecondFactor)


@dataclass
class Rotated:
    """How many secrets were sealed anew, and the keys that are lost: what they sealed must be set anew."""

    secrets: int = 0
    lost: set[str] = field(default_factory=set)


def rotate(batch: int) -> Rotated:
    """Each row is written by a guarded update: a secret that somebody sets meanwhile stays as they set it."""
    done = Rotated()
    for model in SEALED:
        _rotate(model, batch, done)
    return done


def keys_in_use() -> set[str]:
    return {key for model in SEALED for key in _rows(model).values_list("key_id", flat=True).distinct()}


def _rotate(model: type[Sealed], batch: int, done: Rotated) -> None:
    current, last = next(iter(sealing.known_keys()), ""), 0
    older = _rows(model).exclude(key_id=current).order_by("pk")
    while rows := list(older.filter(pk__gt=last)[:batch]):
        last = rows[-1].pk
        for row in rows:
            _seal_anew(row, done)


def _seal_anew(row: Sealed, done: Rotated) -> None:
    try:
        secret = sealing.open_sealed(row.key_id, bytes(row.sealed), row.place)
    except sealing.CannotOpen:
        done.lost.add(row.key_id)
        return
    key_id, sealed = sealing.seal(secret, row.place)
    same = _rows(type(row)).filter(pk=row.pk, key_id=row.key_id, sealed=row.sealed)
    done.secrets += same.update(key_id=key_id, sealed=sealed)


def _rows(model: type[Sealed]) -> QuerySet[Any]:
    return model._base_manager.order_by()
