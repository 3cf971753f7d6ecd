"""Make people and robots, and change what is known of them."""

from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, PersonKind
from releaseorch.audit import edits, events
from releaseorch.core.checked import cleaned, insert, refuse_same_name


class PersonChanges(TypedDict, total=False):
    """What may be edited of a person; the user name stays, since people log in and scripts sign with it."""

    name: str
    email: str
    contact: str


def create_person(
    *,
    actor: Person,
    username: str,
    name: str,
    email: str = "",
    contact: str = "",
    kind: PersonKind = PersonKind.HUMAN,
) -> Person:
    """Somebody who can be granted roles. No password comes with it: by a link people set their own.

    Raises `NotAllowed`, `Invalid` also for a name that looks like somebody else's.
    """
    policy.require(actor, "person.edit")
    refuse_same_name(Person, name, _taken)
    made = Person(username=username, name=name, email=email, contact=contact, kind=kind)
    made.set_unusable_password()
    cleaned(made)
    with transaction.atomic():
        insert(made, "username", _("There is a user name %(name)s already.") % {"name": made.username})
        events.record(
            actor=actor, verb="person.created", subject=made, topics=["people"],
            after={"username": made.username, "kind": str(made.kind)},
        )  # fmt: skip
    return made


def edit_person(
    *, actor: Person, person: Person, seen: int | None = None, **changes: Unpack[PersonChanges]
) -> Person:
    """Change what is given. Raises `NotAllowed`, `Conflict`, `Invalid`."""
    policy.require(actor, "person.edit")
    if "name" in changes:
        refuse_same_name(Person, changes["name"], _taken, besides=person.pk)
    return edits.edit_row(actor=actor, row=person, seen=seen, values=changes, topics=["people"])


def _taken(name: str) -> str:
    return _(
        "There is somebody called %(name)s already. Add what tells them apart, such as the department."
    ) % {"name": name}
