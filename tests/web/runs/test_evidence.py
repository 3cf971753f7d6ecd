"""Invariant 10: whoever decides on an unknown outcome sees all that is known of it, on the pages and in the API."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from releaseorch.accounts.models import Person
from releaseorch.executors.base import Done, Unknown
from releaseorch.runs import services
from releaseorch.runs.engine import endings, worker
from releaseorch.runs.models import Attempt, DeploymentRun, Step
from releaseorch.runs.store import Claim, store
from tests.api.conftest import program as program  # a fixture
from tests.factories import House
from tests.web.runs import stage

Door = Callable[[Person], Client]
SILENT = "The worker on vm-7 went silent after it had begun; nobody knows the outcome."


@pytest.fixture
def lost(house: House) -> tuple[DeploymentRun, Step, Claim]:
    """The deployment had begun on vm-7 and had said so; then its worker went silent."""
    run = stage.run_of(house, "running")
    ready = stage.automated(run)
    claim = worker.claim_step(ready.pk, ready.token)
    assert claim is not None and store().record_intent(claim, 60)
    store().keep_external_id(claim, "vm-7:31337")
    store().append_log(claim, 0, b"unpacking 2.0.0\n")
    Attempt.objects.filter(pk=claim.attempt_id).update(host="vm-7", pid=4711)
    endings.finish(claim, Unknown(SILENT))
    return run, Step.objects.get(pk=ready.pk), claim


def paths(run: DeploymentRun, step: Step) -> tuple[str, str]:
    return f"/runs/{run.pk}", f"/steps/{step.pk}"


def test_the_card_says_where_it_ran_and_when_it_was_last_heard_of(
    house: House, door: Door, lost: Any
) -> None:
    run, step, claim = lost
    request = stage.request_of(step)
    for path in paths(run, step):
        page = door(house.cast.operator).get(path).content.decode()
        for evidence in (
            "vm-7 · worker process 4711",
            "vm-7:31337",
            "began its work",
            "last sign of life",
            "it may still be at work there",
            "unpacking 2.0.0",
            SILENT,
            f'<a href="/requests/{request.pk}">#{request.pk}</a> <bdi>{request.requester}</bdi>',
            "Installed before",
            "nothing or <code>2.0.0</code>",
        ):
            assert evidence in page, f"{path}: {evidence}"
        assert "Reported late" not in page
    assert claim.number == 1


def test_what_the_worker_says_too_late_is_shown_before_and_after_the_decision(
    house: House, door: Door, lost: Any
) -> None:
    run, step, claim = lost
    assert not endings.finish(claim, Done())
    for path in paths(run, step):
        page = door(house.cast.operator).get(path).content.decode()
        assert "Reported late" in page
        assert "It changed nothing." in page
    services.mark_done_step(actor=house.cast.operator, step=step, reason="The late report says so.")
    page = door(house.cast.operator).get(f"/steps/{step.pk}").content.decode()
    assert "Reported late" in page
    assert "It changed nothing." in page


def test_the_api_says_the_same(house: House, program: Any, lost: Any) -> None:
    _run, step, claim = lost
    endings.finish(claim, Done())
    shown = program(house.cast.operator).read(f"steps/{step.pk}").json()
    (attempt,) = shown["attempts"]
    assert (attempt["state"], attempt["host"], attempt["pid"]) == ("unknown", "vm-7", 4711)
    assert (attempt["external_id"], attempt["reason"]) == ("vm-7:31337", SILENT)
    assert attempt["effect_started_at"] and attempt["heartbeat_at"]
    assert attempt["late_report"]["state"] == "succeeded"
    known, request = shown["to_decide"], stage.request_of(step)
    assert (known["last_lines"], known["stands_still"]) == ("unpacking 2.0.0", 1)
    assert [(one["id"], one["requester"]["name"]) for one in known["requests"]] == [
        (request.pk, request.requester.name)
    ]
    assert (known["installed"]["version"], known["installed"]["uncertain_with"]) == (None, "2.0.0")
    services.skip_step(actor=house.cast.operator, step=step, reason="Looked at the host.")
    assert program(house.cast.operator).read(f"steps/{step.pk}").json()["to_decide"] is None


def test_of_a_restricted_application_what_was_said_is_for_those_who_may_read_it(
    house: House, door: Door, program: Any, lost: Any
) -> None:
    run, step, claim = lost
    report = {
        "outcome": "failed",
        "reason": "secret words",
        "exit_code": 4,
        "at": "2026-01-05T12:00:00+00:00",
    }
    Attempt.objects.filter(pk=claim.attempt_id).update(late_report=report)
    house.claims.is_restricted = True
    house.claims.save()
    stranger = house.cast.other_developer
    shown = program(stranger).read(f"steps/{step.pk}").json()
    assert (shown["to_decide"]["last_lines"], shown["attempts"][0]["late_report"]["reason"]) == ("", "")
    assert shown["attempts"][0]["late_report"]["state"] == "failed"
    for path in paths(run, step):
        page = door(stranger).get(path).content.decode()
        assert "Reported late" in page
        for closed in ("secret words", "vm-7:31337", "unpacking 2.0.0", SILENT):
            assert closed not in page
    assert "secret words" in door(house.cast.operator).get(f"/runs/{run.pk}").content.decode()


def test_cancelling_the_run_leaves_the_card_with_what_may_still_be_decided(
    house: House, door: Door, lost: Any
) -> None:
    run, step, _claim = lost
    manager = door(house.cast.release_manager)
    assert "Decide on it first" in manager.get(f"/runs/{run.pk}").content.decode()
    stage.press(manager, f"/runs/{run.pk}", f"/runs/{run.pk}/cancel", reason="Wrong night.")
    run.refresh_from_db()
    assert run.state == "cancelling"
    page = manager.get(f"/runs/{run.pk}").content.decode()
    assert f'id="decide-{step.pk}"' in page
    assert 'value="retry" required disabled>' in page
    assert 'value="mark_failed" required>' in page
    address = f"/steps/{step.pk}/decide"
    stage.press(manager, f"/runs/{run.pk}", address, kind="mark_failed", reason="Killed it on vm-7.")
    run.refresh_from_db()
    assert run.state == "cancelled"
