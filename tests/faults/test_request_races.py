"""Eight processes at the same moment on a request or the catalog: one winner, one event, one wait."""

import pytest

from releaseorch.accounts.roles import Role
from releaseorch.audit.models import Event
from releaseorch.catalog.models import ComponentDependency, ComponentVersion
from releaseorch.delivery.models import Approval, DeploymentRequest
from releaseorch.delivery.states import REQUEST_FINAL, RequestState
from releaseorch.environments.models import Reservation
from releaseorch.policies.models import ApprovalPolicy, Subject
from releaseorch.waiting.models import Interval
from tests.characters import grant, person
from tests.factories import ComponentFactory, House, ReleaseFactory
from tests.faults import request_contestants as contestants
from tests.histories import request_in_state
from tests.races import RACERS, Finish, Racers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROUNDS = 3


def winners(finishes: list[Finish]) -> list[object]:
    return [finish.value for finish in finishes if finish.value]


def count(verb: str, request: DeploymentRequest) -> int:
    return Event.objects.filter(verb=verb, subject_kind="request", subject_id=request.pk).count()


def now(request: DeploymentRequest) -> DeploymentRequest:
    """The row as it is; its waits must fit it and follow each other without a gap."""
    found = DeploymentRequest.objects.get(pk=request.pk)
    waits = list(Interval.objects.filter(subject_kind="request", subject_id=request.pk).order_by("id"))
    assert [one.ended_at for one in waits[:-1]] == [one.started_at for one in waits[1:]]
    assert (waits[-1].ended_at is not None) == (found.state in REQUEST_FINAL)
    return found


def test_submit(house: House, racers: Racers) -> None:
    for _round in range(ROUNDS):
        request = request_in_state(house, RequestState.DRAFT)
        racing = [(request.pk, house.cast.developer.pk, "submit", request.row_version)] * RACERS
        assert winners(racers.race(contestants.decide, racing)) == ["submit"]
        assert (now(request).state, now(request).revision) == (RequestState.SUBMITTED, 1)
        assert count("request.submitted", request) == 1


@pytest.mark.parametrize("seen", [True, False])
def test_approve(house: House, racers: Racers, seen: bool) -> None:
    managers = [house.cast.release_manager, house.cast.second_manager]
    for _round in range(ROUNDS):
        request = request_in_state(house, RequestState.SUBMITTED)
        version = request.row_version if seen else None
        racing = [(request.pk, manager.pk, "approve", version) for manager in managers * (RACERS // 2)]
        assert winners(racers.race(contestants.decide, racing)) == ["approve"]
        assert now(request).state == RequestState.APPROVED
        assert count("request.approved", request) == Approval.objects.filter(request=request).count() == 1


def test_a_quorum_is_never_exceeded_nor_forgotten(house: House, racers: Racers) -> None:
    policy = ApprovalPolicy.objects.create(name="Two", subject=Subject.REQUEST)
    policy.slots.create(name="Release management", role=Role.RELEASE_MANAGER, quorum=2)
    managers = [person(f"manager{number}", f"Manager {number}") for number in range(RACERS)]
    for manager in managers:
        grant(manager, Role.RELEASE_MANAGER)
    request = submitted(house)
    for _try in range(RACERS):  # who was second looks again and repeats
        racers.race(contestants.decide, [(request.pk, manager.pk, "approve", None) for manager in managers])
        given = Approval.objects.filter(request=request).count()
        assert given <= 2
        assert (now(request).state == RequestState.APPROVED) == (given == 2)
        if given == 2:
            break
    assert count("request.approved", request) == 2


def test_decisions_that_exclude_each_other(house: House, racers: Racers) -> None:
    cast = house.cast
    verbs = [
        ("approve", cast.release_manager), ("send_back", cast.release_manager), ("reject", cast.release_manager),
        ("withdraw", cast.developer), ("approve", cast.second_manager), ("send_back", cast.qa),
        ("reject", cast.second_manager), ("withdraw", cast.teammate),
    ]  # fmt: skip
    states = {"approve": "approved", "send_back": "sent_back", "reject": "rejected", "withdraw": "withdrawn"}
    for _round in range(ROUNDS):
        request = submitted(house)
        seen = request.row_version
        finishes = racers.race(contestants.decide, [(request.pk, who.pk, verb, seen) for verb, who in verbs])
        (verb,) = winners(finishes)
        assert now(request).state == states[str(verb)]
        decided = Event.objects.filter(subject_kind="request", subject_id=request.pk).exclude(
            verb__in=["request.created", "request.submitted"]
        )
        assert decided.count() == 1


def test_what_is_approved_is_what_was_seen(house: House, racers: Racers) -> None:
    versions = [house.version(house.claims_web, f"3.{number}.0") for number in range(RACERS // 2)]
    for _round in range(ROUNDS):
        request = submitted(house)
        finishes = racers.race(
            _edit_or_approve,
            [(request.pk, house.cast.developer.pk, house.claims_web.pk, version.pk) for version in versions]
            + [(request.pk, house.cast.release_manager.pk, 0, request.row_version)] * (RACERS // 2),
        )
        assert len(winners(finishes)) >= 1
        found = now(request)
        approved = Approval.objects.filter(request=request, digest=found.content_digest).count()
        assert (found.state == RequestState.APPROVED) == (approved == 1)
        assert found.items.count() == 1
        assert not Approval.objects.filter(request=request).exclude(digest__in=digests_of(request)).exists()


def digests_of(request: DeploymentRequest) -> list[str]:
    """All contents that the request has had, by audit."""
    events = Event.objects.filter(subject_kind="request", subject_id=request.pk)
    return [event.after["digest"] for event in events if event.after.get("digest")]


def _edit_or_approve(request_id: int, person_id: int, component_id: int, version: int) -> object:
    if component_id:
        return contestants.edit(request_id, person_id, component_id, version)
    return contestants.decide(request_id, person_id, "approve", version)


def test_one_build_delivered_eight_times_is_one_version(house: House, racers: Racers) -> None:
    racing = [(house.claims_web.pk, house.cast.robot.pk, "sha256:1")] * RACERS
    finishes = racers.race(contestants.register, racing)
    assert winners(finishes) == [True]
    assert all(not finish.refused for finish in finishes)
    assert Event.objects.filter(verb="version.registered").count() == 1


def test_one_version_of_eight_builds_belongs_to_the_first(house: House, racers: Racers) -> None:
    racing = [(house.claims_web.pk, house.cast.robot.pk, f"sha256:{number}") for number in range(RACERS)]
    finishes = racers.race(contestants.register, racing)
    assert winners(finishes) == [True]
    assert sum("a version never changes" in finish.refused for finish in finishes) == RACERS - 1
    assert ComponentVersion.objects.filter(text="9.0.0").count() == 1


def test_a_version_is_blocked_once(house: House, racers: Racers) -> None:
    version = house.version(house.claims_web)
    finishes = racers.race(contestants.block, [(version.pk, house.cast.qa.pk)] * RACERS)
    assert winners(finishes) == [True]
    assert Event.objects.filter(verb="version.blocked").count() == 1


def test_links_that_close_a_cycle_together_are_not_all_made(house: House, racers: Racers) -> None:
    ring = [ComponentFactory(application=house.claims, name=f"ring-{number}") for number in range(RACERS)]
    pairs = [(ring[number].pk, ring[(number + 1) % RACERS].pk) for number in range(RACERS)]
    finishes = racers.race(contestants.need, [(*pair, house.cast.release_manager.pk) for pair in pairs])
    assert len(winners(finishes)) == RACERS - 1
    assert sum("This would be a cycle" in finish.refused for finish in finishes) == 1
    assert ComponentDependency.objects.filter(component__in=ring).count() == RACERS - 1


def test_an_environment_is_kept_by_one_person(house: House, racers: Racers) -> None:
    people = [house.cast.qa.pk, house.cast.release_manager.pk] * (RACERS // 2)
    finishes = racers.race(contestants.reserve, [(house.acceptance.pk, pk) for pk in people])
    assert winners(finishes) == [True]
    assert Reservation.objects.count() == 1


def test_a_release_is_locked_or_abandoned_by_one_person(house: House, racers: Racers) -> None:
    for _round in range(ROUNDS):
        release = ReleaseFactory()
        racing = [(release.pk, house.cast.release_manager.pk, verb, 1) for verb in ("lock", "abandon")]
        (verb,) = winners(racers.race(contestants.move_release, racing * (RACERS // 2)))
        release.refresh_from_db()
        assert release.state == {"lock": "locked", "abandon": "abandoned"}[str(verb)]
        assert Event.objects.filter(subject_kind="release", subject_id=release.pk).count() == 1


def submitted(house: House) -> DeploymentRequest:
    return request_in_state(house, RequestState.SUBMITTED)
