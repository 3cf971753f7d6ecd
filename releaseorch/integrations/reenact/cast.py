"""Who acts in a week: requesters as the data names them, and approvers and operators that are invented."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from releaseorch.accounts.models import Person, RoleGrant, Team
from releaseorch.accounts.roles import Role, ScopeKind
from releaseorch.integrations.models import SourceRecord

INVENTED = {
    "ivy-invented": ("Ivy Invented", Role.RELEASE_MANAGER),
    "ned-invented": ("Ned Invented", Role.RELEASE_MANAGER),
    "opal-invented": ("Opal Invented", Role.OPERATOR),
}
SAID = (
    "The data names who asked for a change, not who approved it or carried it out: "
    + ", ".join(f"{name} ({role.label})" for name, role in INVENTED.values())
    + " are invented."
)


@dataclass(frozen=True, slots=True)
class Cast:
    """`requesters` by their name in the data; the manager composes runs, the second one approves them."""

    requesters: dict[str, Person]
    manager: Person
    second: Person
    operator: Person


def make_cast(source: str, names: Iterable[str], teams: Iterable[Team], since: datetime) -> Cast:
    """Those who ask may file requests for the applications of these teams; roles count from `since` on."""
    invented = [
        Person.objects.create_user(username, name=name) for username, (name, _role) in INVENTED.items()
    ]
    requesters = _imported(source, names)
    RoleGrant.objects.bulk_create(
        [
            *(
                RoleGrant(person=person, role=INVENTED[person.username][1], valid_from=since)
                for person in invented
            ),
            *(
                RoleGrant(
                    person=person,
                    role=Role.DEVELOPER,
                    scope_kind=ScopeKind.TEAM,
                    scope_id=team.pk,
                    scope_name=team.name,
                    valid_from=since,
                )
                for person in requesters.values()
                for team in teams
            ),
        ]
    )
    manager, second, operator = invented
    return Cast(requesters, manager, second, operator)


def _imported(source: str, names: Iterable[str]) -> dict[str, Person]:
    records = SourceRecord.objects.filter(source=source, kind="person", key__in=list(names))
    ids = dict(records.values_list("key", "object_id"))
    people = Person.objects.in_bulk([pk for pk in ids.values() if pk is not None])
    return {name: people[pk] for name, pk in ids.items() if pk is not None}
