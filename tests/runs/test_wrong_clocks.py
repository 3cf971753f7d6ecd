"""The clock of a host may be minutes wrong: nothing waits for it, and nothing ends before it began."""

from datetime import timedelta

import pytest

from releaseorch.core import clock
from releaseorch.executors.base import Done
from releaseorch.runs import housekeeping
from releaseorch.runs.engine import endings, worker
from releaseorch.runs.models import Step
from tests.characters import Cast
from tests.runs import builders as a

pytestmark = pytest.mark.django_db
WRONG_BY = timedelta(minutes=10)


def test_a_nudge_that_a_clock_ahead_noted_is_sent_again_at_once(cast: Cast) -> None:
    with clock.at(clock.now() + WRONG_BY):
        run = a.running_run(cast.release_manager, a.automated("deploy"))
    assert [step.pk for step in housekeeping.due_for_a_nudge()] == [a.step(run, "deploy").pk]
    assert housekeeping.sweep() == 1
    assert housekeeping.sweep() == 0, "its time is right by now"


def test_what_a_clock_behind_ends_did_not_end_before_it_began(cast: Cast) -> None:
    with clock.at(clock.now() + WRONG_BY):
        run = a.running_run(cast.release_manager, a.automated("deploy"))
        step = a.step(run, "deploy")
        claim = worker.claim_step(step.pk, step.token)
    assert claim is not None
    assert endings.finish(claim, Done())
    assert a.states(run) == {"deploy": "succeeded"}
    for row in (a.now(run), Step.objects.get(pk=step.pk), a.last_attempt(run, "deploy")):
        assert row.started_at is not None and row.ended_at is not None
        assert row.started_at <= row.ended_at
