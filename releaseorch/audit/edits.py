"""Edit master data: one way for every noun, guarded by the version that was seen, told by one event."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import models, transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from releaseorch.audit import events
from releaseorch.audit.models import Event
from releaseorch.core.actor import Actor
from releaseorch.core.checked import cleaned
from releaseorch.core.errors import Conflict
from releaseorch.core.models import GuardedModel

R = TypeVar("R", bound=GuardedModel)


def edit_row(
    *,
    actor: Actor,
    row: R,
    seen: int | None,
    values: Mapping[str, Any],
    verb: str = "edited",
    reason: str = "",
    topics: Iterable[str] = (),
    keeps_key: bool = False,
) -> R:
    """Write those of `values` that differ, with the event `<noun>.<verb>` of their before and after.

    1. The row is read again under its lock; another version than `seen` raises `Conflict` that says who and what.
    2. The given fields are cleaned; what can't be taken raises `Invalid`.
    3. Nothing differs: nothing is written, nothing told.
    4. Saved and recorded in one transaction.

    `keeps_key`: nobody who writes a row that refers to this one waits for it. The caller asks for permission first,
    and for names that are taken. `row` itself stays as it was read.
    """
    with transaction.atomic():
        fresh = locked(row, seen, keeps_key=keeps_key)
        old = {name: _value(fresh, name) for name in values}
        for name, value in values.items():
            setattr(fresh, name, value)
        cleaned(fresh, *(field.name for field in fresh._meta.concrete_fields if field.name not in values))
        changed = [name for name in values if old[name] != _value(fresh, name)]
        if not changed:
            return fresh
        fresh.save(update_fields=changed)
        events.record(
            actor=actor,
            verb=f"{events.kind_of(fresh)}.{verb}",
            subject=fresh,
            before={name: _told(fresh, name, old[name]) for name in changed},
            after={name: _told(fresh, name, _value(fresh, name)) for name in changed},
            reason=reason,
            topics=topics,
        )
    return fresh


def locked(row: R, seen: int | None, *, keeps_key: bool = False) -> R:
    """The row as it is now, locked until the transaction ends; raises `Conflict` when it isn't what was seen."""
    fresh = type(row)._base_manager.select_for_update(no_key=keeps_key).filter(pk=row.pk).first()
    if fresh is None:
        raise Conflict(_("%(what)s is gone.") % {"what": row})
    if seen is not None and seen != fresh.row_version:
        raise changed_since(fresh)
    return fresh


def changed_since(row: GuardedModel) -> Conflict:
    """Who changed the row last, when and what, as the answer to a verb on an older picture of it."""
    last = last_told(row)
    if last is None:
        return Conflict(
            _("%(what)s was changed since you opened this page. Look at how it stands now.") % {"what": row}
        )
    said = {
        "who": last.actor_name,
        "what": row,
        "at": localtime(last.at).strftime("%H:%M"),
        "fields": ", ".join(name.replace("_", " ") for name in sorted({*last.before, *last.after})),
    }
    if not said["fields"]:
        return Conflict(
            _("%(who)s changed %(what)s at %(at)s, after you opened this page. Look at how it stands now.")
            % said
        )
    return Conflict(
        _(
            "%(who)s changed %(what)s at %(at)s (%(fields)s), after you opened this page. "
            "Look at how it stands now."
        )
        % said
    )


def last_told(row: models.Model) -> Event | None:
    """The newest event about a row."""
    return Event.objects.filter(subject_kind=events.kind_of(row), subject_id=row.pk).order_by("-id").first()


def _value(row: models.Model, name: str) -> Any:
    return getattr(row, str(getattr(row._meta.get_field(name), "attname", name)))


def _told(row: models.Model, name: str, value: Any) -> Any:
    """A value as an event keeps it: another row by its name, a moment as text."""
    field = row._meta.get_field(name)
    if isinstance(field, models.ForeignKey) and value is not None:
        return str(field.related_model._base_manager.get(pk=value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value
