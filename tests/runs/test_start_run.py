"""Starting a run."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.core.errors import Conflict, NotAllowed
from releaseorch.runs import guards, services
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.queries import actions_for
from tests.characters import Cast
from tests.factories import House
from tests.runs import builders as a


def test_steps_without_predecessors_are_ready_and_nudged_after_commit(cast: Cast) -> None:
    run = a.running_run(
        cast.release_manager, a.automated("one"), a.manual("two"), a.automated("three", after=["one", "two"])
    )
    assert (run.state, a.now(run).state) == ("running", "running")
    assert run.started_at is not None
    assert a.states(run) == {"one": "ready", "two": "ready", "three": "pending"}
    assert a.waits_of(run, "one") == "Waits for a worker."
    assert a.waits_of(run, "two") == "Waits for an operator to take it."
    assert a.waits_of(run, "three") == ""
    assert Event.objects.get(verb="run.started").actor_name == "Rita Moreau"


def test_a_developer_may_not_start(cast: Cast) -> None:
    run = a.approved_run(cast.release_manager, a.manual("one"))
    with pytest.raises(NotAllowed, match="release manager"):
        services.start_run(actor=cast.developer, run=run)
    assert a.now(run).state == "approved"
    assert not Event.objects.filter(verb="run.started").exists()


def test_an_old_picture_of_the_run_is_refused(cast: Cast) -> None:
    run = a.approved_run(cast.release_manager, a.manual("one"))
    with pytest.raises(Conflict, match="since you opened this page"):
        services.start_run(actor=cast.operator, run=run, seen=run.row_version - 1)


def test_a_second_start_is_refused_with_the_state_it_is_in(cast: Cast) -> None:
    run = a.approved_run(cast.release_manager, a.manual("one"))
    same = a.now(run)
    services.start_run(actor=cast.operator, run=run)
    with pytest.raises(Conflict):
        services.start_run(actor=cast.operator, run=same)
    with pytest.raises(Conflict, match="is running now"):
        services.start_run(actor=cast.operator, run=a.now(run))
    assert Event.objects.filter(verb="run.started").count() == 1


def test_a_guard_refuses_with_its_reasons_and_a_missing_one_refuses_too(cast: Cast) -> None:
    guards.register("test_moon", lambda run: ["The moon is full."] if run.title == "Full" else [])
    refused = a.approved_run(
        cast.release_manager, a.manual("one"), title="Full", guards=["test_moon", "test_none"]
    )
    with pytest.raises(NotAllowed) as why:
        services.start_run(actor=cast.operator, run=refused)
    assert why.value.reasons == [
        "The moon is full.",
        "The check “test_none” that this run needs is not available.",
    ]
    assert (a.now(refused).state, a.states(refused)) == ("approved", {"one": "pending"})
    start = actions_for(refused, cast.operator)[0]
    assert (start.verb, start.allowed) == ("start", False)
    assert start.why_not.startswith("The moon is full.")

    fine = a.approved_run(cast.release_manager, a.manual("one"), guards=["test_moon"])
    assert services.start_run(actor=cast.operator, run=fine).state == "running"


@pytest.fixture
def first(cast: Cast, house: House) -> DeploymentRun:
    version = house.version(house.claims_web, "2.1.0")
    return a.running_run(
        cast.release_manager, a.installing("deploy", version, expected_s=600), environment=house.production
    )


def test_two_active_runs_never_touch_the_same_component(
    cast: Cast, house: House, first: DeploymentRun
) -> None:
    """Invariant 14."""
    second = a.approved_run(
        cast.second_manager,
        a.installing("db", house.version(house.claims_db)),
        a.installing("web", house.version(house.claims_web)),
        environment=house.production,
        title="Saturday",
    )
    assert not actions_for(second, cast.operator)[0].allowed
    with pytest.raises(
        Conflict, match=rf"Friday #{first.pk} by Rita Moreau holds claims-web in Production until"
    ):
        services.start_run(actor=cast.operator, run=second)
    assert a.now(second).state == "approved"
    assert not second.targets.filter(is_active=True).exists()

    a.carry_out(first, "deploy")
    assert services.start_run(actor=cast.operator, run=a.now(second)).state == "running"


def test_runs_that_do_not_overlap_run_side_by_side(cast: Cast, house: House, first: DeploymentRun) -> None:
    other_component = a.installing("api", house.version(house.billing_api))
    assert (
        a.running_run(cast.release_manager, other_component, environment=house.production).state == "running"
    )
    other_place = a.installing("web", house.version(house.claims_web))
    assert a.running_run(cast.release_manager, other_place, environment=house.acceptance).state == "running"


def test_a_run_gives_a_component_back_when_it_is_finished_with_it(cast: Cast, house: House) -> None:
    run = a.running_run(
        cast.release_manager,
        a.installing("web", house.version(house.claims_web)),
        a.automated("verify", after=["web"], component_id=house.claims_web.pk),
        a.installing("api", house.version(house.billing_api)),
        environment=house.production,
    )

    def held() -> set[str]:
        return set(run.targets.filter(is_active=True).values_list("component__name", flat=True))

    assert held() == {"claims-web", "billing-api"}
    a.carry_out(run, "web")
    assert held() == {"claims-web", "billing-api"}
    a.carry_out(run, "verify")
    assert held() == {"billing-api"}
