"""The verbs of people, teams and roles."""

from typing import Any

from releaseorch.accounts import services
from releaseorch.accounts.models import Person, RoleGrant, Team
from releaseorch.accounts.roles import Role
from releaseorch.core import clock
from tests.doors.request_verbs import WHY
from tests.doors.verbs import Call, Verb, typed
from tests.factories import House

NIA = {
    "username": "nia",
    "name": "Nia Okoro",
    "email": "nia@example.org",
    "contact": "ext. 4",
    "kind": "human",
}
OTTO = {"name": "Otto Weiß", "email": "otto@example.org", "contact": "ext. 5"}
NIGHT = {"name": "Night shift", "contact": "ext. 6", "on_call_note": "Call 4420"}


def outsider(house: House) -> Person:
    return house.cast.outsider


def teammate(house: House) -> Person:
    """Theo owns a feature."""
    type(house.payouts).objects.filter(pk=house.payouts.pk).update(owner=house.cast.teammate)
    return house.cast.teammate


def gone(house: House) -> Person:
    return services.deactivate_person(actor=house.cast.administrator, person=house.cast.outsider, reason=WHY)


def with_a_phone(house: House) -> Person:
    factor = services.begin_second_factor(actor=house.cast.outsider)
    type(factor).objects.filter(pk=factor.pk).update(confirmed_at=clock.now())
    return house.cast.outsider


def linked(house: House) -> Person:
    house.cast.outsider.identities.create(issuer="https://id.northfold.example", subject="otto")
    return house.cast.outsider


def billing(house: House) -> Team:
    return house.cast.billing


def idle(house: House) -> Team:
    return services.create_team(actor=house.cast.administrator, name="Platform")


def grant(house: House) -> RoleGrant:
    return house.cast.operator.grants.get()


def on_person(service: Any, **values: Any) -> Any:
    return lambda call: service(actor=call.person, person=call.subject, seen=call.seen, **values)


def on_team(service: Any, **values: Any) -> Any:
    return lambda call: service(actor=call.person, team=call.subject, seen=call.seen, **values)


def member(service: Any, name: str) -> dict[str, Any]:
    """Pages name a person by the id, the API by the user name."""
    return {
        "service": lambda call: service(
            actor=call.person, team=call.subject, seen=call.seen, person=getattr(call.house.cast, name)
        ),
        "page": lambda call: {"person": getattr(call.house.cast, name).pk},
        "api": lambda call: {"person": getattr(call.house.cast, name).username},
    }


def deactivate(call: Call) -> Person:
    return services.deactivate_person(
        actor=call.person, person=call.subject, seen=call.seen, reason=WHY, rest=call.house.cast.developer
    )


def grant_role(call: Call) -> RoleGrant:
    return services.grant_role(actor=call.person, to=call.subject, role=Role.OPERATOR, reason=WHY)


PEOPLE_VERBS = [
    Verb(
        "person.create", "person.created", "administrator", outsider,
        lambda call: services.create_person(actor=call.person, **NIA),
        page=typed(**NIA), page_path="/people/new", api=typed(**NIA), api_path="people",
        found=lambda _outsider: Person.objects.get(username="nia"), again=True,
    ),
    Verb(
        "person.edit", "person.edited", "administrator", outsider, on_person(services.edit_person, **OTTO),
        page=typed(**OTTO), page_path="/people/{pk}/edit", api=typed(**OTTO), api_path="people/{pk}",
        api_method="patch",
    ),
    Verb(
        "person.deactivate", "person.deactivated", "administrator", teammate, deactivate,
        page=typed(reason=WHY, rest="Dana Brandt (dana)"), page_path="/people/{pk}/deactivate",
        api=typed(reason=WHY, heirs=[{"person": "dana"}]), api_path="people/{pk}/deactivate",
    ),
    Verb(
        "person.reactivate", "person.reactivated", "administrator", gone,
        on_person(services.reactivate_person, reason=WHY),
        page=typed(reason=WHY), page_path="/people/{pk}/reactivate",
        api=typed(reason=WHY), api_path="people/{pk}/reactivate",
    ),
    Verb(
        "person.reset_second_factor", "person.second_factor_reset", "administrator", with_a_phone,
        on_person(services.reset_second_factor, reason=WHY),
        page=typed(reason=WHY), page_path="/people/{pk}/reset-second-factor",
        api=typed(reason=WHY), api_path="people/{pk}/reset-second-factor",
    ),
    Verb(
        "person.unlink", "person.unlinked", "administrator", linked, on_person(services.unlink_person, reason=WHY),
        page=typed(reason=WHY), page_path="/people/{pk}/unlink",
        api=typed(reason=WHY), api_path="people/{pk}/unlink",
    ),
    Verb(
        "team.create", "team.created", "administrator", billing,
        lambda call: services.create_team(actor=call.person, **NIGHT),
        page=typed(**NIGHT), page_path="/teams/new", api=typed(**NIGHT), api_path="teams",
        found=lambda _team: Team.objects.get(slug="night-shift"), again=True,
    ),
    Verb(
        "team.edit", "team.edited", "administrator", billing, on_team(services.edit_team, **NIGHT),
        page=typed(**NIGHT), api=typed(**NIGHT), api_path="teams/{pk}", api_method="patch",
    ),
    Verb("team.add_member", "team.member_added", "administrator", billing, **member(services.add_member, "qa")),
    Verb(
        "team.remove_member", "team.member_removed", "administrator", billing,
        **member(services.remove_member, "other_developer"),
    ),
    Verb(
        "team.retire", "team.retired", "administrator", idle, on_team(services.retire_team, reason=WHY),
        page=typed(reason=WHY), api=typed(reason=WHY),
    ),
    Verb(
        "role.grant", "role.granted", "administrator", outsider, grant_role,
        page=typed(role="operator", reach="everywhere", reason=WHY), page_path="/people/{pk}/grant",
        api=typed(person="otto", role="operator", reason=WHY), api_path="grants",
        found=lambda otto: RoleGrant.objects.get(person=otto), again=True,
    ),
    Verb(
        "role.revoke", "role.revoked", "administrator", grant,
        lambda call: services.revoke_role(actor=call.person, grant=call.subject, reason=WHY),
        page=typed(reason=WHY), page_path="/grants/{pk}/revoke", api=typed(reason=WHY), api_path="grants/{pk}/revoke",
    ),
]  # fmt: skip
