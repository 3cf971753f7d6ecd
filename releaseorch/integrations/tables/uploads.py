"""A workbook between the look at it and its import: kept for its person, for an hour at most."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core import clock
from releaseorch.core.errors import Conflict, Invalid
from releaseorch.integrations.models import SourceRecord
from releaseorch.integrations.sources.ledger import Ledger
from releaseorch.integrations.tables.importing import Looked, import_tables, look
from releaseorch.integrations.tables.place_sheets import SOURCE

KIND = "upload"
MOST_BYTES = 5_000_000
KEPT_FOR = timedelta(hours=1)


@dataclass(frozen=True)
class Upload:
    """What a person uploaded last, and what it would change now."""

    id: int
    name: str
    looked: Looked


def look_at_upload(*, actor: Person, name: str, content: bytes) -> None:
    """Keep the workbook for the import if it could be imported. Raises `NotAllowed`, `Invalid` with every problem."""
    if len(content) > MOST_BYTES:
        said = {"mb": MOST_BYTES // 1_000_000}
        raise Invalid(
            {"": _("This is larger than %(mb)d MB. Take it in parts, or import it by the command.") % said}
        )
    _rows().filter(imported_at__lt=clock.now() - KEPT_FOR).delete()
    forget_upload(actor)
    look(content, actor=actor)
    ledger = Ledger.of(SOURCE, KIND)
    ledger.write([ledger.entry(str(actor.pk), {"name": name[:200], "content": b64encode(content).decode()})])


def import_upload(*, actor: Person, seen: int | None = None) -> Looked:
    """Import what was looked at; it is kept nowhere afterwards. Raises `NotAllowed`, `Invalid`, `Conflict`."""
    row = _mine(actor)
    if row is not None and seen is not None and seen != row.pk:
        raise Conflict(_("You have uploaded another workbook since. Look at what that one would change."))
    if row is None:
        raise Conflict(_("The workbook isn't here any more. Upload it again."))
    done = import_tables(b64decode(row.payload["content"]), actor=actor)
    forget_upload(actor)
    return done


def uploaded(person: Person) -> Upload | None:
    """What waits for this person, looked at as things stand now. Raises `Invalid` when it no longer fits."""
    row = _mine(person)
    if row is None:
        return None
    content = b64decode(row.payload["content"])
    return Upload(row.pk, row.payload["name"], look(content, actor=person))


def forget_upload(person: Person) -> None:
    _rows().filter(key=str(person.pk)).delete()


def _mine(person: Person) -> SourceRecord | None:
    return _rows().filter(key=str(person.pk), imported_at__gte=clock.now() - KEPT_FOR).first()


def _rows() -> QuerySet[SourceRecord]:
    return SourceRecord.objects.filter(source=SOURCE, kind=KIND)
