"""What the housekeeper does, in a test: deliver what waits, look around, send."""

from releaseorch.accounts.models import Person
from releaseorch.audit import outbox
from releaseorch.audit.models import Outbox
from releaseorch.notifications import rounds
from releaseorch.notifications.models import InboxEntry


def sweep() -> None:
    """Every handler is told, also those that a process tells after commit elsewhere; none may break."""
    while outbox.deliver():
        pass
    rounds.tell()
    assert not Outbox.objects.exclude(last_error="").exists()


def forget() -> None:
    """What was told so far doesn't matter to the test."""
    sweep()
    InboxEntry.objects.all().delete()


def told() -> dict[str, set[str]]:
    """Kind → the user names of those who were told, since `forget`."""
    sweep()
    found: dict[str, set[str]] = {}
    for kind, username in InboxEntry.objects.values_list("kind", "person__username"):
        found.setdefault(kind, set()).add(username)
    return found


def entry(person: Person, kind: str) -> InboxEntry:
    return InboxEntry.objects.get(person=person, kind=kind)
