"""Who may still sign is named: whoever has the role and isn't barred, once each."""

from datetime import timedelta

from releaseorch.accounts.models import RoleGrant, Team, TeamMember
from releaseorch.accounts.roles import Role
from releaseorch.core import clock
from releaseorch.delivery import approvals
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.signers import signers_of
from releaseorch.delivery.states import RequestState as R
from tests.factories import House
from tests.histories import request_in_state


def names(request: DeploymentRequest) -> dict[str, list[str]]:
    found = signers_of(approvals.slots_of_request(request))
    return {slot: [person.name for person in people] for slot, people in found.items()}


def test_release_managers_are_named_and_robots_are_not(house: House) -> None:
    assert names(request_in_state(house, R.SUBMITTED)) == {"Release management": ["Rita Moreau", "Sven Dahl"]}


def test_the_requester_is_left_out(house: House) -> None:
    request = request_in_state(house, R.SUBMITTED, requester=house.cast.release_manager)
    assert names(request) == {"Release management": ["Sven Dahl"]}


def test_a_slot_that_is_filled_asks_nobody(house: House) -> None:
    assert names(request_in_state(house, R.APPROVED)) == {}


def test_a_role_of_a_team_counts_and_one_that_is_over_does_not(house: House) -> None:
    team = Team.objects.create(name="Night shift", slug="night-shift")
    TeamMember.objects.create(team=team, person=house.cast.operator)
    RoleGrant.objects.create(team=team, role=Role.RELEASE_MANAGER)
    past = clock.now() - timedelta(days=1)
    RoleGrant.objects.create(
        person=house.cast.qa, role=Role.RELEASE_MANAGER, valid_from=past - timedelta(days=9), valid_until=past
    )
    found = names(request_in_state(house, R.SUBMITTED))
    assert found == {"Release management": ["Olga Petrova", "Rita Moreau", "Sven Dahl"]}
