"""Sealing anew, under the current key, what older keys have sealed: in batches, while everything goes on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from releaseorch.accounts.models import SecondFactor
from releaseorch.core import sealing
from releaseorch.environments.models import ConnectionSecret

Sealed = ConnectionSecret | SecondFactor
SEALED: tuple[type[Sealed], ...] = (ConnectionSecret, SecondFactor)


TOGETHER = 25  # in one transaction: far below a second also on a host that is busy


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
        anew = [(row, *found) for row in rows for found in _sealed_anew(row, done)]
        for start in range(0, len(anew), TOGETHER):
            with transaction.atomic():  # of writes alone: nothing is opened or sealed while others wait
                for row, key_id, sealed in anew[start : start + TOGETHER]:
                    same = _rows(model).filter(pk=row.pk, key_id=row.key_id, sealed=row.sealed)
                    done.secrets += same.update(key_id=key_id, sealed=sealed)


def _sealed_anew(row: Sealed, done: Rotated) -> Iterator[tuple[str, bytes]]:
    """The new key's id with the sealed secret; nothing when its key is lost."""
    try:
        secret = sealing.open_sealed(row.key_id, bytes(row.sealed), row.place)
    except sealing.CannotOpen:
        done.lost.add(row.key_id)
        return
    yield sealing.seal(secret, row.place)


def _rows(model: type[Sealed]) -> QuerySet[Any]:
    return model._base_manager.order_by()
