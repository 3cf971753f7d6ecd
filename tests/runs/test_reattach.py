"""Whom the housekeeper asks what became of an attempt whose worker was lost, and what is made of the answer."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery, current_app
from celery.signals import celeryd_after_setup

from releaseorch.catalog.models import ComponentVersion
from releaseorch.core import clock
from releaseorch.core.models import Hold
from releaseorch.executors.base import Context, Done, EffectClass, Errored, Failed, Result, Unknown
from releaseorch.runs import engine, housekeeping
from releaseorch.runs.engine import places, worker
from releaseorch.runs.models import Attempt, DeploymentRun, Step
from releaseorch.runs.store import Claim, store
from tests.characters import Cast
from tests.factories import House
from tests.faults import tools
from tests.runs import builders as a

KEYED: EffectClass = "B"


class Keyed(tools.Job):
    """Its far side can be asked for our key, and says what the step's configuration says."""

    kind = "keyed"
    effect_class = KEYED
    answers: dict[str, Result] = {
        "done": Done({"port": "80"}),
        "failed": Failed("It said no.", 3),
        "never": Errored("There is no such job."),
        "silence": Unknown("The far side does not answer."),
    }

    def reconcile(self, context: Context, external_id: str | None) -> Result:
        Path(context.config["asked"]).write_text(context.attempt_id)
        return self.answers[context.config["answer"]]


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(worker.job_of.__globals__["registry"].found().executors, "keyed", Keyed())
    with tools.brought():
        yield


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any, str | None]]:
    """What would go to the broker."""
    messages: list[tuple[str, Any, str | None]] = []

    def send(task: str, args: Any, queue: str | None = None) -> None:
        messages.append((task, tuple(args), queue))

    monkeypatch.setattr(current_app, "send_task", send)
    return messages


def lost(run: DeploymentRun, external_id: str = "") -> Claim:
    """A claim whose worker died after its intent, a while ago."""
    step = a.step(run, "deploy")
    claim = worker.claim_step(step.pk, step.token)
    assert claim is not None
    assert store().record_intent(claim, 60)
    if external_id:
        assert store().keep_external_id(claim, external_id)
    store().heartbeat(claim, -20)
    return claim


def of_a_tool(cast: Cast, kind: str, **values: Any) -> DeploymentRun:
    facts = {"executor": kind, "parameters": {"url": "http://127.0.0.1:1/x", "method": "POST"}, **values}
    return a.running_run(cast.release_manager, a.automated("deploy", **facts), a.manual("wait"))


def of_a_keyed_tool(cast: Cast, tmp_path: Path, answer: str) -> DeploymentRun:
    parameters = {"answer": answer, "asked": str(tmp_path / "asked")}
    return of_a_tool(cast, "keyed", parameters=parameters)


def reap(callbacks: Any) -> int:
    with callbacks(execute=True):
        return housekeeping.reap()


def test_of_a_local_script_the_workers_of_its_host_are_asked(
    cast: Cast, sent: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    claim = lost(a.running_run(cast.release_manager, a.automated("deploy")))
    sent.clear()
    assert reap(django_capture_on_commit_callbacks) == 0
    queue = f"exec.on.{worker.this_worker().host}"
    assert sent == [("exec.reattach_step", (claim.attempt_id, claim.token), queue)]


@pytest.mark.parametrize(
    ("kind", "external_id", "declared"), [("keyed", "", "D"), ("job", "4711", "D"), ("job", "", "A")]
)
def test_of_what_can_be_found_on_the_far_side_any_worker_is_asked(
    cast: Cast,
    sent: list[Any],
    django_capture_on_commit_callbacks: Any,
    kind: str,
    external_id: str,
    declared: str,
) -> None:
    claim = lost(of_a_tool(cast, kind, effect_class=declared), external_id)
    sent.clear()
    assert reap(django_capture_on_commit_callbacks) == 0
    assert sent == [("exec.reattach_step", (claim.attempt_id, claim.token), None)]


def test_what_nobody_can_know_goes_to_a_person_at_once(cast: Cast) -> None:
    """Class D, without an id by which it could be found."""
    run = of_a_tool(cast, "http")
    lost(run)
    assert housekeeping.reap() == 1
    assert a.states(run)["deploy"] == "needs_decision"


def test_while_a_hold_is_open_nobody_goes_on_with_anything(cast: Cast, tmp_path: Path) -> None:
    run = of_a_keyed_tool(cast, tmp_path, "done")
    claim = lost(run)
    Hold.objects.create(reason="Restored.", is_open=True)
    engine.reattach_step(claim.attempt_id, claim.token)
    assert a.states(run)["deploy"] == "running"
    assert housekeeping.reap() == 1
    assert a.last_attempt(run, "deploy").state == "unknown"


@pytest.mark.parametrize(
    ("answer", "state", "step"),
    [
        ("done", "succeeded", "succeeded"),
        ("failed", "failed", "needs_decision"),
        ("never", "errored", "needs_decision"),
        ("silence", "unknown", "needs_decision"),
    ],
)
def test_what_the_far_side_answers_is_told_as_such(
    cast: Cast, tmp_path: Path, answer: str, state: str, step: str
) -> None:
    run = of_a_keyed_tool(cast, tmp_path, answer)
    claim = lost(run)
    engine.reattach_step(claim.attempt_id, claim.token)
    attempt = a.last_attempt(run, "deploy")
    assert (attempt.state, attempt.number, a.states(run)["deploy"]) == (state, 1, step)
    assert (tmp_path / "asked").read_text() == places.name_of(attempt.pk, attempt.started_at)


def test_what_its_own_worker_holds_is_nobody_elses(cast: Cast, tmp_path: Path) -> None:
    run = of_a_keyed_tool(cast, tmp_path, "done")
    claim = lost(run)
    store().heartbeat(claim, 60)
    engine.reattach_step(claim.attempt_id, claim.token)
    assert not (tmp_path / "asked").exists()
    assert a.last_attempt(run, "deploy").token == claim.token


def test_what_can_not_be_asked_any_more_is_unknown_and_says_why(cast: Cast, tmp_path: Path) -> None:
    run = of_a_keyed_tool(cast, tmp_path, "done")
    claim = lost(run)
    Step.objects.filter(run=run).update(connection="gone")
    engine.reattach_step(claim.attempt_id, claim.token)
    attempt = a.last_attempt(run, "deploy")
    assert attempt.state == "unknown"
    assert "Its worker was lost, and what became of it can't be asked: " in attempt.reason
    assert not (tmp_path / "asked").exists()


def test_a_version_blocked_since_it_began_is_asked_about_all_the_same(
    cast: Cast, house: House, tmp_path: Path
) -> None:
    version = house.version(house.claims_web, "2.1.0")
    parameters = {"answer": "done", "asked": str(tmp_path / "asked")}
    step = a.installing("deploy", version, executor="keyed", parameters=parameters)
    run = a.running_run(cast.release_manager, step, environment=house.production)
    claim = lost(run)
    ComponentVersion.objects.filter(pk=version.pk).update(
        blocked_at=clock.now(), blocked_by=cast.qa, blocked_reason="Loses photographs."
    )
    engine.reattach_step(claim.attempt_id, claim.token)
    assert a.installed(house.claims_web, house.production) == "2.1.0"


def test_what_an_older_version_began_is_unknown_at_once(cast: Cast, tmp_path: Path) -> None:
    """It told the far side another key; the migration says so of whatever ran then."""
    run = of_a_keyed_tool(cast, tmp_path, "done")
    lost(run)
    Attempt.objects.update(asks=1000)
    assert housekeeping.reap() == 1
    assert a.last_attempt(run, "deploy").state == "unknown"


def test_a_worker_listens_for_what_only_its_host_can_do() -> None:
    app = Celery("of-a-worker", set_as_current=False)
    app.amqp.queues.select(["engine", "notify"])
    celeryd_after_setup.send(sender="celery@here", instance=SimpleNamespace(app=app), conf=app.conf)
    assert list(app.amqp.queues.consume_from) == ["engine", "notify", f"exec.on.{worker.this_worker().host}"]
