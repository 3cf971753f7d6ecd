"""Retire and restore: nothing of the catalog is deleted, and nothing is retired while something holds it."""

from collections.abc import Sequence
from typing import TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.audit import edits
from releaseorch.catalog import holders
from releaseorch.catalog.models import Application, Retirable
from releaseorch.core import clock
from releaseorch.core.checked import reason_text
from releaseorch.core.database import hold_references
from releaseorch.core.errors import Conflict, Invalid

R = TypeVar("R", bound=Retirable)
TOPICS = ("applications", "requests")


def retire(*, actor: Person, row: R, reason: str, seen: int | None, topics: Sequence[str] = TOPICS) -> R:
    """Under the lock of the row, so that what wants to hold it waits, and then is refused."""
    why = reason_text(reason)
    with transaction.atomic():
        fresh = edits.locked(row, seen)
        if fresh.is_retired:
            raise Conflict(_("%(what)s is retired already.") % {"what": row})
        held = holders.sentences(fresh)
        if held:
            raise Conflict(" ".join(held))
        return edits.edit_row(
            actor=actor, row=fresh, seen=None, verb="retired", reason=why, topics=topics,
            values={"retired_at": clock.now(), "retired_reason": why},
        )  # fmt: skip


def restore(*, actor: Person, row: R, reason: str, seen: int | None, topics: Sequence[str] = TOPICS) -> R:
    why = reason_text(reason)
    with transaction.atomic():
        fresh = edits.locked(row, seen)
        if not fresh.is_retired:
            raise Conflict(_("%(what)s isn't retired.") % {"what": row})
        return edits.edit_row(
            actor=actor, row=fresh, seen=None, verb="restored", reason=why, topics=topics,
            values={"retired_at": None, "retired_reason": ""},
        )  # fmt: skip


def hold_in_use(application: Application) -> None:
    """Raise `Invalid` where it is retired, asked after a row was written that points to it: one query.

    The foreign key of that row waits for a retirement that is under way.
    """
    hold_references()
    if Application.objects.filter(pk=application.pk, retired_at__isnull=False).exists():
        raise Invalid({"application": _("%(application)s is retired.") % {"application": application}})
