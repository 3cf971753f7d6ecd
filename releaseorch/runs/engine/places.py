"""Where attempts keep their files: a folder each, whose name no other attempt has, also not after a restore."""

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
    return folder() / f"{attempt_id}.{began_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"
