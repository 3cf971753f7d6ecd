"""Roles: granted by somebody else, from and until a moment, with effect on the next request; revoked with a reason."""

from datetime import timedelta

import pytest

from releaseorch.accounts import policy, services
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.accounts.roles import Role
from releaseorch.accounts.words import WORDS
from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.environments import reach
from tests.characters import Cast
from tests.factories import House

pytestmark = pytest.mark.django_db


def may(person: Person, permission: str, scope: Scope = policy.ANYWHERE) -> bool:
    """As the next request sees it."""
    return not policy.why_not(Person.objects.get(pk=person.pk), permission, scope)


def test_a_role_counts_from_until_and_where_it_was_granted(house: House) -> None:
    cast, now = house.cast, clock.now()
    acceptance = Scope.of(environment=house.acceptance.pk)
    grant = services.grant_role(
        actor=cast.administrator, to=cast.outsider, role=Role.OPERATOR,
        reach=reach.reach_of(f"environment-{house.acceptance.pk}"),
        valid_from=now + timedelta(hours=1), valid_until=now + timedelta(hours=3), reason="Night shift.",
    )  # fmt: skip
    assert not may(cast.outsider, "run.start", acceptance)
    with clock.at(now + timedelta(hours=2)):
        assert may(cast.outsider, "run.start", acceptance)
        assert not may(cast.outsider, "run.start", Scope.of(environment=house.production.pk))
    with clock.at(now + timedelta(hours=3)):
        assert not may(cast.outsider, "run.start", acceptance)
    event = Event.objects.get(verb="role.granted")
    assert (event.subject_id, event.reason, event.after["reach"]) == (grant.pk, "Night shift.", "Acceptance")


def test_a_revoked_role_counts_no_longer(cast: Cast) -> None:
    grant = cast.release_manager.grants.get()
    assert may(cast.release_manager, "run.create")
    services.revoke_role(actor=cast.administrator, grant=grant, reason="Moved to sales.")
    assert not may(cast.release_manager, "run.create")
    assert Event.objects.get(verb="role.revoked").reason == "Moved to sales."
    with pytest.raises(Conflict, match="taken back already"):
        services.revoke_role(actor=cast.administrator, grant=grant, reason="Moved to sales.")


def test_nobody_grants_a_role_to_themselves_not_even_through_a_team(cast: Cast) -> None:
    ada = cast.administrator
    with pytest.raises(NotAllowed, match="Nobody grants a role to themselves"):
        services.grant_role(actor=ada, to=ada, role=Role.RELEASE_MANAGER)
    cast.billing.memberships.create(person=ada)
    with pytest.raises(NotAllowed, match="You are in Billing"):
        services.grant_role(actor=ada, to=cast.billing, role=Role.RELEASE_MANAGER)
    assert not Event.objects.filter(verb="role.granted").exists()


def test_what_makes_no_sense_is_refused(cast: Cast) -> None:
    now, ada = clock.now(), cast.administrator
    Person.objects.filter(pk=cast.auditor.pk).update(is_active=False)
    gone = Person.objects.get(pk=cast.auditor.pk)
    wrong = [
        ({"to": cast.operator, "role": Role.OPERATOR}, "Olga Petrova is operator there already"),
        ({"to": cast.qa, "role": Role.OPERATOR, "valid_until": now}, "ends after it begins"),
        ({"to": gone, "role": Role.OPERATOR}, "deactivated"),
    ]
    for values, sentence in wrong:
        with pytest.raises(Invalid, match=sentence):
            services.grant_role(actor=ada, **values)
    with pytest.raises(Invalid, match="Choose where"):
        reach.reach_of("application-9999")
    with pytest.raises(NotAllowed):
        services.grant_role(actor=cast.release_manager, to=cast.outsider, role=Role.OPERATOR)


def test_a_role_that_begins_later_leaves_room_before_it(cast: Cast) -> None:
    now, ada, qa = clock.now(), cast.administrator, cast.qa
    later = now + timedelta(days=40)
    services.grant_role(actor=ada, to=qa, role=Role.OPERATOR, valid_from=later)
    for until in (later + timedelta(minutes=1), None):
        with pytest.raises(Invalid, match="there already"):
            services.grant_role(actor=ada, to=qa, role=Role.OPERATOR, valid_until=until)
    services.grant_role(actor=ada, to=qa, role=Role.OPERATOR, valid_until=later)
    assert may(qa, "run.start")


def test_the_last_administrator_loses_nothing_by_any_door(cast: Cast) -> None:
    ada, rita = cast.administrator, cast.release_manager
    team = services.create_team(actor=ada, name="Platform")
    services.add_member(actor=ada, team=team, person=rita)
    services.grant_role(actor=ada, to=team, role=Role.ADMINISTRATOR)
    services.grant_role(
        actor=ada, to=cast.qa, role=Role.ADMINISTRATOR, valid_until=clock.now() + timedelta(days=1)
    )
    services.revoke_role(actor=ada, grant=ada.grants.get(), reason="Rita does it.")
    quinn = Person.objects.get(pk=cast.qa.pk)  # an administrator for a day is none who remains
    doors = [
        lambda: services.remove_member(actor=quinn, team=team, person=rita),
        lambda: services.retire_team(actor=quinn, team=team, reason="Why not."),
        lambda: services.revoke_role(actor=quinn, grant=team.grants.get(), reason="Why not."),
        lambda: services.deactivate_person(actor=quinn, person=rita, reason="Why not."),
    ]
    for door in doors:
        with pytest.raises(NotAllowed, match="Rita Moreau would be the last administrator to go"):
            door()
    assert may(rita, "person.edit")


def test_each_permission_can_be_said_in_words() -> None:
    assert set(WORDS) == set(policy.ROLES)
