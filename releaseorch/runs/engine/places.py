"""The names of attempts, which no other attempt has, also not after a restore; and the folder of each for its files."""

from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings


def folder() -> Path:
    """The folder of all attempts on this host."""
    return Path(settings.STATE_DIR) / "attempts"


def place_of(attempt_id: int, began_at: datetime) -> Path:
    """The folder of one attempt, from its row.

    A database that was restored gives its numbers out again, while scripts that it has forgotten still write where they
    began. To the microsecond two attempts of one number don't begin together.
    """
    return folder() / name_of(attempt_id, began_at)


def name_of(attempt_id: int, began_at: datetime) -> str:
    """What nobody else bears, here and on the far side: the key by which a tool finds its own work again."""
    return f"{attempt_id}.{began_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"
