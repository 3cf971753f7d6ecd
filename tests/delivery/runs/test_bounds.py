"""A run under way and the clock: past its window or inside a freeze nothing more begins until somebody decides."""

from datetime import timedelta

import pytest

from releaseorch.accounts.models import Person
from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.core.errors import Conflict, NotAllowed
from releaseorch.delivery import work_queries
from releaseorch.environments.models import Freeze
from releaseorch.environments.services import freezes
from releaseorch.executors.base import Done
from releaseorch.runs import held_up, housekeeping, services
from releaseorch.runs.engine import endings, worker
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.queries import actions_for, runs_under_way, step_actions, work_of
from releaseorch.waiting.models import Blocker, Interval
from tests.delivery.runs import stories
from tests.factories import House
from tests.notifications.sweep import told
from tests.runs import builders as a

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def run(house: House) -> DeploymentRun:
    """Three steps by tools, the third after the first, and one by hand; its window closes in six hours."""
    run = a.approved_run(
        house.cast.release_manager,
        a.installing("web", house.version(house.claims_web, "2.1.0")),
        a.installing("db", house.version(house.claims_db, "2.1.0")),
        a.automated("check", after=["web"]),
        a.manual("call"),
        environment=house.production,
        guards=["window", "freezes"],
        window_from=clock.now() - HOUR,
        window_until=clock.now() + 6 * HOUR,
    )
    return services.start_run(actor=house.cast.release_manager, run=run)


def freeze(house: House, begins_in: timedelta = timedelta(0), **values: object) -> Freeze:
    start = clock.now() + begins_in
    given = {"environment": house.production, "starts_at": start, "ends_at": start + 3 * HOUR, **values}
    return freezes.create_freeze(actor=house.cast.administrator, reason="Quarter end", **given)  # type: ignore[arg-type]


def is_claimed(run: DeploymentRun, key: str) -> bool:
    step = a.step(run, key)
    return worker.claim_step(step.pk, step.token) is not None


def why_not_taken(run: DeploymentRun, person: Person) -> str:
    with pytest.raises(NotAllowed) as refused:
        services.take_step(actor=person, step=a.step(run, "call"))
    return str(refused.value.reasons[0])


def verbs(run: DeploymentRun, person: Person) -> set[str]:
    return {action.verb for action in actions_for(a.now(run), person) if action.allowed}


def events(verb: str) -> list[Event]:
    return list(Event.objects.filter(verb=verb))


def test_from_the_end_of_its_window_no_step_begins_whoever_would_begin_it(
    house: House, run: DeploymentRun
) -> None:
    assert run.window_until is not None
    with clock.at(run.window_until - timedelta(seconds=1)):
        assert is_claimed(run, "db")
    with clock.at(run.window_until):
        assert not is_claimed(run, "web")
        assert "The window of this run closed at" in why_not_taken(run, house.cast.operator)
        take = next(
            one for one in step_actions(a.step(run, "call"), house.cast.operator) if one.verb == "take"
        )
        assert (take.allowed, take.why_not[:22]) == (False, "The window of this run")
        assert work_of(house.cast.operator, runs_under_way()).to_take == []
    assert a.states(run) == {"web": "ready", "db": "running", "check": "pending", "call": "ready"}


def test_what_has_started_may_finish_and_what_follows_waits_with_the_reason(
    house: House, run: DeploymentRun
) -> None:
    ready = a.step(run, "web")
    claim = worker.claim_step(ready.pk, ready.token)
    assert claim is not None
    freeze(house)
    assert endings.finish(claim, Done())
    assert a.states(run) == {"web": "succeeded", "db": "ready", "check": "ready", "call": "ready"}
    for key in ("db", "check", "call"):
        assert a.waits_of(run, key).startswith("Nothing more begins until ")
        assert a.waits_of(run, key).endswith("Ada Lind has frozen Production. Quarter end.")
    assert not is_claimed(run, "check")


def test_one_decision_is_asked_for_however_often_the_clock_is_looked_at(
    house: House, run: DeploymentRun
) -> None:
    assert run.window_until is not None
    with clock.at(run.window_until + timedelta(minutes=1)):
        assert [held_up.look_at_all() for _round in range(3)] == [1, 0, 0]
        (event,) = events("run.held_up")
        assert event.reason.startswith("The window of this run closed at ")
        assert a.waits_of(run).endswith("Waits for a release manager to let the run finish, or to pause it.")
        assert told()["decision"] == {"rita", "sven"}
        assert {"finish", "pause"} <= verbs(run, house.cast.release_manager)
        assert "finish" not in verbs(run, house.cast.operator)
        assert work_queries.my_work(house.cast.second_manager).held_up == (run,)
        assert work_queries.my_work(house.cast.operator).held_up == ()
        assert housekeeping.due_for_a_nudge() == []
    kinds = Interval.objects.filter(subject_kind="step", ended_at=None).values_list("blocker_kind", flat=True)
    assert set(kinds) == {Blocker.WINDOW}


def test_finish_lets_all_steps_go_on_whatever_begins_after_it(house: House, run: DeploymentRun) -> None:
    freeze(house)
    services.finish_run(actor=house.cast.release_manager, run=a.now(run), reason="The database is open.")
    freeze(house, application=None, environment=None)
    assert run.window_until is not None
    with clock.at(run.window_until + HOUR):
        held_up.look_at_all()
        for key in ("web", "db", "check"):
            assert a.carry_out(run, key).state == "succeeded"
        services.take_step(actor=house.cast.operator, step=a.step(run, "call"))
    (event,) = events("run.let_finish")
    assert (event.reason, event.actor_name) == ("The database is open.", "Rita Moreau")
    assert "Quarter end" in event.after["despite"]
    assert len(events("run.held_up")) == 1


def test_a_pause_takes_the_decision_back_so_that_the_next_one_is_asked_for(
    house: House, run: DeploymentRun
) -> None:
    freeze(house)
    services.finish_run(actor=house.cast.release_manager, run=a.now(run), reason="Nearly done.")
    services.pause_run(actor=house.cast.operator, run=a.now(run))
    services.resume_run(actor=house.cast.operator, run=a.now(run))
    assert not is_claimed(run, "web")
    held_up.look_at_all()
    assert len(events("run.held_up")) == 2


@pytest.mark.parametrize("how", ["it ends", "it is lifted", "it is moved"])
def test_when_the_freeze_is_over_the_run_goes_on_by_itself(
    house: House, run: DeploymentRun, how: str
) -> None:
    laid = freeze(house)
    assert not is_claimed(run, "web")
    now = clock.now()
    if how == "it is lifted":
        freezes.lift_freeze(actor=house.cast.administrator, freeze=laid, reason="Books are closed.")
    elif how == "it is moved":
        later = {"starts_at": now + 8 * HOUR, "ends_at": now + 9 * HOUR}
        freezes.edit_freeze(actor=house.cast.administrator, freeze=laid, **later)  # type: ignore[arg-type]
    with clock.at(laid.ends_at if how == "it ends" else now):
        assert held_up.look_at_all() == (how == "it ends")
        assert a.waits_of(run, "web") == "Waits for a worker."
        assert is_claimed(run, "web")
    assert (len(events("run.held_up")), len(events("run.went_on"))) == (1, 1)


def test_a_freeze_of_tomorrow_stops_nothing_today(house: House, run: DeploymentRun) -> None:
    freeze(house, begins_in=2 * HOUR)
    assert is_claimed(run, "web")
    with clock.at(clock.now() + 2 * HOUR):
        assert not is_claimed(run, "db")


def test_a_freeze_of_something_else_stops_nothing(house: House, run: DeploymentRun) -> None:
    freeze(house, environment=house.acceptance)
    freeze(house, application=house.billing)
    assert is_claimed(run, "web")
    assert a.now(run).held_up_since is None


def test_a_freeze_of_one_of_its_applications_stops_the_run_that_holds_its_request(house: House) -> None:
    run = stories.running(house, stories.by_hand(house, "Call them"))
    freeze(house, application=house.claims)
    with pytest.raises(NotAllowed, match="Quarter end"):
        services.take_step(actor=house.cast.operator, step=stories.step(run, "Call them"))


def test_nobody_is_asked_when_nothing_is_left_to_begin(house: House) -> None:
    run = stories.running(house, stories.by_hand(house, "Call them"))
    services.take_step(actor=house.cast.operator, step=stories.step(run, "Call them"))
    freeze(house)
    assert a.now(run).held_up_since is None
    taken = stories.step(run, "Call them")
    services.done_step(actor=house.cast.operator, step=taken, note="They know.")
    assert a.now(run).state == "succeeded"


def test_a_run_that_nothing_holds_up_is_not_let_finish(house: House, run: DeploymentRun) -> None:
    with pytest.raises(Conflict, match="Neither its window nor a freeze"):
        services.finish_run(actor=house.cast.release_manager, run=run, reason="To be sure.")
    assert "finish" not in verbs(run, house.cast.release_manager)


def test_a_paused_run_meets_the_freeze_when_it_is_resumed(house: House, run: DeploymentRun) -> None:
    services.pause_run(actor=house.cast.operator, run=run)
    freeze(house)
    assert a.waits_of(run, "web") == "The run is paused."
    services.resume_run(actor=house.cast.operator, run=a.now(run))
    assert a.waits_of(run, "web").startswith("Nothing more begins until ")
    assert not is_claimed(run, "web")


def test_who_cancels_a_run_that_is_held_up_is_not_asked_whether_to_finish(
    house: House, run: DeploymentRun
) -> None:
    assert is_claimed(run, "web")
    freeze(house)
    services.cancel_run(actor=house.cast.release_manager, run=a.now(run), reason="Not this quarter.")
    assert a.now(run).state == "cancelling"
    assert a.waits_of(run) == "Step 1 · web: The tool shell works on it."
    assert "finish" not in verbs(run, house.cast.release_manager)
    assert work_queries.my_work(house.cast.second_manager).held_up == ()
