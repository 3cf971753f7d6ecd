"""What people do with their own inbox: read it, and choose what they are told."""

from collections.abc import Collection

from django.db import models, transaction

from releaseorch.accounts.models import Person
from releaseorch.audit import events
from releaseorch.core import clock
from releaseorch.notifications.kinds import Channel, Kind, can_be_switched
from releaseorch.notifications.models import InboxEntry, SwitchedOff

Choice = tuple[str, str]  # kind, channel


def read_entry(*, actor: Person, entry: InboxEntry) -> InboxEntry:
    """The entry counts as read; one of somebody else's stays as it is."""
    _read(actor, InboxEntry.objects.filter(person=actor, pk=entry.pk))
    entry.refresh_from_db()
    return entry


def read_all(*, actor: Person, until: int) -> int:
    """All up to the entry that was the newest in sight: what came since stays unread. Returns how many."""
    return _read(actor, InboxEntry.objects.filter(person=actor, pk__lte=until))


def set_switches(*, actor: Person, on: Collection[Choice]) -> list[Choice]:
    """These are on, all others off, but for those that can't be switched; returns what is off now."""
    wanted = {
        (kind.value, channel.value)
        for kind in Kind
        for channel in Channel
        if can_be_switched(kind, channel) and (kind.value, channel.value) not in set(on)
    }
    with transaction.atomic():
        rows = SwitchedOff.objects.filter(person=actor)
        before = set(rows.values_list("kind", "channel"))
        if before == wanted:
            return sorted(wanted)
        for kind, channel in before - wanted:
            rows.filter(kind=kind, channel=channel).delete()
        SwitchedOff.objects.bulk_create(
            [SwitchedOff(person=actor, kind=kind, channel=channel) for kind, channel in wanted - before],
            ignore_conflicts=True,
        )
        events.record(
            actor=actor,
            verb="person.switches_set",
            subject=actor,
            before={"off": _told(before)},
            after={"off": _told(wanted)},
        )
    return sorted(wanted)


def _read(actor: Person, entries: models.QuerySet[InboxEntry]) -> int:
    changed = entries.filter(read_at=None, in_inbox=True).update(read_at=clock.now())
    if changed:
        events.touch(f"inbox:{actor.pk}")
    return changed


def _told(choices: Collection[Choice]) -> list[str]:
    return sorted(f"{kind} {channel}" for kind, channel in choices)
