"""Sealing anew, under the current key, what older keys have sealed: in batches, while everything goes on."""

from dataclasses import dataclass, field

from releaseorch.core import sealing
from releaseorch.environments.models import ConnectionSecret


@dataclass
class Rotated:
    """How many secrets were sealed anew, and the keys that are lost: what they sealed must be set anew."""

    secrets: int = 0
    lost: set[str] = field(default_factory=set)


def rotate(batch: int) -> Rotated:
    """Each row is written by a guarded update: a secret that somebody sets meanwhile stays as they set it."""
    current, done, last = next(iter(sealing.known_keys()), ""), Rotated(), 0
    older = ConnectionSecret.objects.exclude(key_id=current).order_by("pk")
    while rows := list(older.filter(pk__gt=last)[:batch]):
        last = rows[-1].pk
        for row in rows:
            _seal_anew(row, done)
    return done


def keys_in_use() -> set[str]:
    return set(ConnectionSecret.objects.order_by().values_list("key_id", flat=True).distinct())


def _seal_anew(row: ConnectionSecret, done: Rotated) -> None:
    try:
        secret = sealing.open_sealed(row.key_id, bytes(row.sealed), row.place)
    except sealing.CannotOpen:
        done.lost.add(row.key_id)
        return
    key_id, sealed = sealing.seal(secret, row.place)
    same = ConnectionSecret.objects.filter(pk=row.pk, key_id=row.key_id, sealed=row.sealed)
    done.secrets += same.update(key_id=key_id, sealed=sealed)
