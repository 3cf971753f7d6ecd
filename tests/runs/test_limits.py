"""At most so many steps at once: of a run, in an environment, on a target, through a connection."""

from typing import Any

import pytest

from releaseorch.audit.models import Event
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.environments import services as places
from releaseorch.environments.models import Environment
from releaseorch.executors.base import Cancelled, Done, Failed, Unknown
from releaseorch.runs import housekeeping, services
from releaseorch.runs.engine import endings, worker
from releaseorch.runs.models import Attempt, DeploymentRun, Step
from releaseorch.runs.store import Claim
from releaseorch.waiting import ledger
from releaseorch.waiting.models import Blocker
from tests.characters import Cast
from tests.factories import EnvironmentFactory, House
from tests.faults.invariants import broken
from tests.runs import builders as a

Sent = list[tuple[int, ...]]
WAITS = "Waits for a place: %s lets at most 2 steps run at once, and all places are taken."


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """The steps of which workers were told."""
    found: Sent = []
    monkeypatch.setattr(
        "celery.app.base.Celery.send_task", lambda _app, _name, args, **_options: found.append(tuple(args))
    )
    return found


@pytest.fixture
def small(transactional_db: None) -> Environment:
    """Two steps at once."""
    return EnvironmentFactory(name="Small", steps_at_once=2)


def claim(run: DeploymentRun, key: str) -> Claim | None:
    ready = a.step(run, key)
    return worker.claim_step(ready.pk, ready.token)


def begun(run: DeploymentRun, key: str) -> Claim:
    held = claim(run, key)
    assert held is not None, f"{key} has no place"
    return held


def told(sent: Sent) -> list[str]:
    """Titles of the steps, in the order of their messages."""
    names = [str(Step.objects.get(pk=message[0]).key) for message in sent]
    sent.clear()
    return names


def test_who_has_no_place_waits_and_begins_when_one_is_free(
    cast: Cast, small: Environment, sent: Sent
) -> None:
    keys = "one", "two", "three", "four"
    run = a.running_run(cast.release_manager, *[a.automated(key) for key in keys], environment=small)
    assert told(sent) == ["one", "two"], "as many as there are places"
    first = begun(run, "one")
    begun(run, "two")
    assert claim(run, "three") is None
    assert a.waits_of(run, "three") == a.waits_of(run, "four") == WAITS % "Small"
    assert a.waits_of(run, "two") == "The tool shell works on it."
    wait = ledger.open_waits("step", [a.step(run, "three").pk])[a.step(run, "three").pk]
    assert (wait.blocker_kind, wait.blocker_name) == (Blocker.LIMIT, "Small")
    assert endings.finish(first, Done())
    assert told(sent) == ["three"], "the one that waits longest, told by whoever gave the place back"
    begun(run, "three")
    assert claim(run, "four") is None
    assert broken() == []


@pytest.mark.parametrize("result", [Failed("It said no."), Unknown("Nobody knows."), Cancelled()], ids=repr)
def test_a_place_is_given_back_however_its_step_ends(
    cast: Cast, small: Environment, sent: Sent, result: Any
) -> None:
    run = a.running_run(cast.release_manager, *[a.automated(key) for key in "abc"], environment=small)
    held = begun(run, "a")
    begun(run, "b")
    sent.clear()
    assert endings.finish(held, result)
    assert told(sent) == ["c"]
    begun(run, "c")
    assert broken() == []


def test_a_worker_that_is_lost_gives_its_place_back(cast: Cast, small: Environment, sent: Sent) -> None:
    run = a.running_run(cast.release_manager, *[a.automated(key) for key in "abc"], environment=small)
    lost, _other = begun(run, "a"), begun(run, "b")
    sent.clear()
    Attempt.objects.filter(pk=lost.attempt_id).update(lease_until="2020-01-01T00:00:00Z")
    assert housekeeping.reap() == 1
    assert a.step(run, "a").state == "ready"
    assert told(sent) == ["c"], "who waits longer comes first"
    begun(run, "c")
    assert claim(run, "a") is None
    assert broken() == []


def test_runs_take_turns(cast: Cast, small: Environment, sent: Sent) -> None:
    """The one that came first doesn't keep the places for all its steps."""
    first = a.running_run(cast.release_manager, *[a.automated(f"a{n}") for n in range(4)], environment=small)
    second = a.running_run(cast.release_manager, *[a.automated(f"b{n}") for n in range(4)], environment=small)
    held = [begun(first, "a0"), begun(first, "a1")]
    sent.clear()
    endings.finish(held[0], Done())
    assert told(sent) == ["b0"]
    held.append(begun(second, "b0"))
    endings.finish(held[2], Done())
    assert told(sent) == ["b1"], "of the run that has none at work"
    begun(second, "b1")
    endings.finish(held[1], Done())
    assert told(sent) == ["a2"]
    assert broken() == []


def test_of_a_run_on_a_target_and_through_a_connection(
    cast: Cast, house: House, transactional_db: None
) -> None:
    here, by = house.acceptance, cast.administrator
    narrow = places.create_target(actor=by, environment=here, name="web-1", steps_at_once=1)
    places.create_connection(actor=by, environment=here, name="gate", kind="shell", steps_at_once=1)
    run = a.running_run(
        cast.release_manager,
        a.automated("left", target_id=narrow.pk), a.automated("right", target_id=narrow.pk),
        a.automated("in", connection="gate"), a.automated("out", connection="gate"),
        a.automated("free"), a.automated("free too"), a.manual("by hand"),
        environment=here,
    )  # fmt: skip
    assert begun(run, "left") and begun(run, "in") and begun(run, "free")
    assert claim(run, "right") is None and claim(run, "out") is None
    assert "web-1 lets 1 step" in a.waits_of(run, "right")
    assert "the connection gate lets 1 step" in a.waits_of(run, "out")
    services.limit_run(actor=cast.release_manager, run=a.now(run), steps_at_once=3)
    assert claim(run, "free too") is None
    services.take_step(actor=cast.operator, step=a.step(run, "by hand"))
    assert broken() == [], "what people do takes no place"


def test_another_limit_counts_from_its_moment_on(
    cast: Cast, house: House, sent: Sent, transactional_db: None
) -> None:
    here, by = house.acceptance, cast.administrator
    keys = "a", "b", "c", "d", "e"
    run = a.running_run(cast.release_manager, *[a.automated(key) for key in keys], environment=here)
    held = [begun(run, key) for key in "abc"]
    places.edit_environment(actor=by, environment=here, steps_at_once=2)
    assert [a.step(run, key).state for key in "abc"] == ["running"] * 3, "a lower one stops nothing"
    assert a.waits_of(run, "d") == WAITS % here.name
    sent.clear()
    endings.finish(held[0], Done())
    assert told(sent) == [] and claim(run, "d") is None, "there are two left"
    sent.clear()
    places.edit_environment(actor=by, environment=Environment.objects.get(pk=here.pk), steps_at_once=3)
    assert told(sent) == ["d"] and a.waits_of(run, "d") == "Waits for a worker."
    begun(run, "d")
    places.edit_environment(actor=by, environment=Environment.objects.get(pk=here.pk), steps_at_once=None)
    assert told(sent) == ["e"] and not a.step(run, "e").is_limited
    begun(run, "e")
    told_of = Event.objects.filter(verb="environment.edited").order_by("id").values_list("after", flat=True)
    assert list(told_of) == [{"steps_at_once": 2}, {"steps_at_once": 3}, {"steps_at_once": None}]


def test_a_message_that_is_lost_is_made_up_for_by_the_sweep(
    cast: Cast, small: Environment, sent: Sent
) -> None:
    run = a.running_run(cast.release_manager, *[a.automated(key) for key in "abcd"], environment=small)
    begun(run, "a")
    run.steps.filter(state="ready").update(nudged_at=None)
    sent.clear()
    assert housekeeping.sweep() == 1
    assert told(sent) == ["b"], "nobody is told of what would find no place"


def test_who_is_called_and_cannot_begin_lets_the_next_one_begin(
    cast: Cast, small: Environment, sent: Sent
) -> None:
    first = a.running_run(cast.release_manager, *[a.automated(f"a{n}") for n in range(2)], environment=small)
    second = a.running_run(cast.release_manager, a.automated("b0"), environment=small)
    services.pause_run(actor=cast.operator, run=a.now(first))
    sent.clear()
    assert claim(first, "a0") is None
    assert told(sent) == ["b0"]
    begun(second, "b0")


def test_a_limit_of_a_run(cast: Cast, transactional_db: None) -> None:
    run = a.running_run(cast.release_manager, a.automated("one"))
    with pytest.raises(NotAllowed):
        services.limit_run(actor=cast.operator, run=a.now(run), steps_at_once=1)
    with pytest.raises(Invalid):
        services.limit_run(actor=cast.release_manager, run=a.now(run), steps_at_once=0)
    services.cancel_run(actor=cast.release_manager, run=a.now(run), reason="Not today.")
    with pytest.raises(Conflict):
        services.limit_run(actor=cast.release_manager, run=a.now(run), steps_at_once=1)
