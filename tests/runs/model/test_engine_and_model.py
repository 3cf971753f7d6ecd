"""People and machines do by chance whatever there is to do; after each of it the rows are as the model says.

Small in the suite, always the same walks. Longer ones, new each time:
RELEASEORCH_MODEL=2000 python3 manage.py test --db postgresql tests/runs/model
"""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as installation
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from hypothesis.stateful import run_state_machine_as_test as walk

from releaseorch.core import clock
from releaseorch.executors.base import Cancelled, Done, Errored, Failed, Result, Unknown
from releaseorch.runs import housekeeping, services
from releaseorch.runs.engine import endings, worker
from releaseorch.runs.models import Attempt, Confirmation, DeploymentRun
from releaseorch.runs.models import Step as StepRow
from releaseorch.runs.store import Claim, store
from tests.characters import Cast
from tests.factories import House
from tests.runs.model import expected as e
from tests.runs.model.walking import VERBS, Place, Walk

EXAMPLES = int(os.environ.get("RELEASEORCH_MODEL", "0"))
SMALL = {"max_examples": 9, "stateful_step_count": 24, "derandomize": True, "phases": [Phase.generate]}
LONG = {"max_examples": EXAMPLES, "stateful_step_count": 50, "phases": [Phase.generate, Phase.shrink]}
LEASE_S = 3600.0  # only who falls silent here loses one, however slow the machine
RESULTS: dict[str, Result] = {
    "succeeded": Done(),
    "failed": Failed("It said no."),
    "errored": Errored("No room."),
    "unknown": Unknown("No answer."),
    "cancelled": Cancelled(),
}
picks = st.integers(0, 63)
anybody = st.sampled_from(["olga", "rita", "sven", "pipeline", "dana", "omar"])
deciders = st.sampled_from(["olga", "rita", "sven"])
outcomes = st.sampled_from(["succeeded", "succeeded", *RESULTS])


def meant_for(verb: str) -> Callable[[Any], bool]:
    return lambda walk: bool(walk.places(VERBS[verb]))


class Engine(Walk):
    """What people and machines do."""

    # --- people

    @rule(verb=st.sampled_from(sorted(VERBS)), who=anybody, pick=picks, is_old_page=st.booleans())
    def press_out_of_turn(self, verb: str, who: str, pick: int, is_old_page: bool) -> None:
        self.press(verb, who, self.place(pick, lambda _run, _step: True), is_old_page=is_old_page)

    @rule(verb=st.sampled_from(["start", "pause", "resume", "stop", "cancel"]), who=anybody, pick=picks)
    def steer_out_of_turn(self, verb: str, who: str, pick: int) -> None:
        reason = {"reason": "Wrong night."} if verb in {"stop", "cancel"} else {}
        run = self.world.runs[pick % len(self.world.runs)]
        if verb != "cancel" or pick < 16:  # or hardly any run would get far
            self.steer(verb, who, run, **reason)

    @precondition(lambda self: self.runs_in("approved"))
    @rule()
    def start_the_other(self) -> None:
        self.steer("start", "olga", self.runs_in("approved")[0])

    @precondition(lambda self: self.runs_in("paused"))
    @rule()
    def resume(self) -> None:
        self.steer("resume", "rita", self.runs_in("paused")[0])

    @precondition(lambda self: len(self.claims) > 1 and self.runs_in("running", "paused"))
    @rule(verb=st.sampled_from(["pause", "pause", "stop", "cancel"]), is_meant=st.integers(0, 2), pick=picks)
    def pause_or_end(self, verb: str, is_meant: int, pick: int) -> None:
        """Once something was tried, and not too often: little can happen afterwards."""
        if is_meant == 1:
            found = self.runs_in("running", "paused")
            reason = {} if verb == "pause" else {"reason": "Wrong night."}
            self.steer(verb, "rita", found[pick % len(found)], **reason)

    @precondition(lambda self: self.places(_can_be_dropped))
    @rule(who=st.sampled_from(["rita", "rita", "olga"]), pick=picks, more=picks)
    def drop(self, who: str, pick: int, more: int) -> None:
        """With its request; mostly what can still be dropped."""
        run, step = self.place(pick, _can_be_dropped)
        steps = {step.key: step}
        if more < 32:
            other = list(run.steps.values())[more % len(run.steps)]
            steps[other.key] = other
        row = DeploymentRun.objects.get(pk=self.run_pks[run.version])
        reasons = self.world.drop(who, run, list(steps.values()))
        given = {"step_ids": [self.pk_of[key] for key in steps], "reason": "Taken out."}
        self.both(reasons, lambda: services.drop_steps(actor=self.people[who], run=row, **given))

    @precondition(meant_for("take"))
    @rule(pick=picks, is_first=st.booleans())
    def take(self, pick: int, is_first: bool) -> None:
        run, step = self.place(pick, VERBS["take"])
        able = [who for who in ("dana", "omar", "olga") if step.may_take(who)]
        self.press("take", able[0 if is_first else -1], (run, step))

    @precondition(meant_for("take"))
    @rule(pick=picks)
    def do_by_hand(self, pick: int) -> None:
        run, step = self.place(pick, VERBS["take"])
        for verb in ("take", "done"):
            self.press(verb, "olga", (run, step))

    @precondition(meant_for("done"))
    @rule(verb=st.sampled_from(["done", "done", "failed", "hand_back"]), pick=picks)
    def say(self, verb: str, pick: int) -> None:
        run, step = self.place(pick, VERBS["done"])
        self.press(verb, step.owner or "olga", (run, step))

    @precondition(meant_for("reassign"))
    @rule(who=deciders, pick=picks, to=st.sampled_from([None, "dana", "omar", "olga", "rita"]))
    def reassign(self, who: str, pick: int, to: str | None) -> None:
        self.press("reassign", who, self.place(pick, VERBS["reassign"]), to)

    @precondition(meant_for("retry"))
    @rule(
        verb=st.sampled_from(["retry", "retry", "retry", "skip", "take_over", "mark_done", "mark_failed"]),
        who=deciders,
        pick=picks,
    )
    def decide(self, verb: str, who: str, pick: int) -> None:
        self.press(verb, who, self.place(pick, VERBS["retry"]))

    @precondition(meant_for("retry_from"))
    @rule(who=deciders, pick=picks)
    def again_from_here(self, who: str, pick: int) -> None:
        self.press("retry_from", who, self.place(pick, VERBS["retry_from"]))

    @precondition(meant_for("confirm"))
    @rule(
        verb=st.sampled_from(["confirm", "confirm", "decline"]),
        who=deciders,
        pick=picks,
        is_late=st.booleans(),
    )
    def answer(self, verb: str, who: str, pick: int, is_late: bool) -> None:
        """Of a second person; perhaps after the minutes in which one was wanted."""
        run, step = self.place(pick, VERBS["confirm"])
        if is_late and step.question:
            step.question.is_late = True
            asked = Confirmation.objects.filter(step=self.pk_of[step.key], state="asked")
            assert asked.update(until=clock.now() - timedelta(seconds=1)) == 1
        self.press(verb, who, (run, step))

    @precondition(meant_for("review"))
    @rule(who=deciders, pick=picks)
    def review(self, who: str, pick: int) -> None:
        self.press("review", who, self.place(pick, VERBS["review"]))

    # --- machines

    def claimable(self) -> list[Place]:
        return self.places(lambda run, one: run.state == "running" and one.is_claimable)

    @precondition(lambda self: self.claimable())
    @rule(pick=picks, ended_as=st.lists(outcomes, min_size=1, max_size=3))
    def carry_out(self, pick: int, ended_as: list[str]) -> None:
        """What happens most: claimed, begun, ended, and the next one."""
        for outcome in ended_as:
            if places := self.claimable():
                self.message(*places[pick % len(places)])
                self.intend(0)
                self.tell(0, outcome)

    @precondition(lambda self: self.claimable())
    @rule(pick=picks)
    def claim(self, pick: int) -> None:
        places = self.claimable()
        self.message(*places[pick % len(places)])

    @rule(pick=picks, is_stale=st.booleans())
    def repeat_message(self, pick: int, is_stale: bool) -> None:
        """About whatever step, perhaps from before it changed hands."""
        self.message(*self.place(pick, lambda _run, _step: True), is_stale=is_stale)

    def message(self, run: e.Run, step: e.Step, *, is_stale: bool = False) -> None:
        row = self.row(step)
        is_stale = is_stale and row.token > 0
        meant = self.world.claim(run, step, is_stale=is_stale)
        claim = worker.claim_step(row.pk, row.token - is_stale)
        self.same_claim(claim, meant)

    def same_claim(self, claim: Claim | None, meant: e.Claim | None) -> None:
        assert (claim is None) == (meant is None)
        if claim is not None and meant is not None:
            self.claims.append((claim, meant))

    def held(self, pick: int) -> tuple[Claim, e.Claim]:
        """Mostly what still counts, the newest first; sometimes what was lost long ago."""
        counting = [one for one in self.claims if one[1].counts]
        chosen = counting if counting and pick < 40 else self.claims
        return chosen[-1 - pick % len(chosen)]

    @precondition(lambda self: self.claims)
    @rule(pick=picks, is_heartbeat=st.booleans())
    def intend(self, pick: int, is_heartbeat: bool = False) -> None:
        claim, meant = self.held(pick)
        if is_heartbeat:
            assert store().heartbeat(claim, LEASE_S) is self.world.heartbeat(meant)
            return
        assert store().record_intent(claim, LEASE_S) == self.world.intend(meant)

    @precondition(lambda self: self.claims)
    @rule(pick=picks, outcome=outcomes)
    def tell(self, pick: int, outcome: str) -> None:
        """A worker that holds the attempt says what can have happened; one that doesn't says anything."""
        claim, meant = self.held(pick)
        if meant.counts and not meant.attempt.has_begun:
            outcome = "cancelled" if meant.attempt.is_asked_to_stop else "errored"
        counts = self.world.tell(meant, outcome)
        assert endings.finish(claim, RESULTS[outcome]) == counts

    @precondition(lambda self: self.places(_is_running))
    @rule(pick=picks)
    def fall_silent(self, pick: int) -> None:
        claim, meant = self.held(pick)
        if meant.counts:
            meant.attempt.is_silent, meant.attempt.nobody_knows = True, False
            assert store().heartbeat(claim, -100) is not None

    @precondition(lambda self: self.places(_is_silent))
    @rule(pick=picks)
    def nobody_knows(self, pick: int) -> None:
        """Workers were asked as often as they are asked."""
        _run, step = self.place(pick, _is_silent)
        if step.attempts[-1].has_begun:
            step.attempts[-1].nobody_knows = True
            asked = Attempt.objects.filter(step=self.pk_of[step.key], state="running")
            asked.update(asks=housekeeping.MOST_ASKS)

    @precondition(lambda self: self.places(_is_silent))
    @rule()
    def reap(self) -> None:
        meant = self.world.reap()
        assert housekeeping.reap() == meant

    @precondition(lambda self: self.places(_is_running))
    @rule(pick=picks)
    def lose_worker(self, pick: int) -> None:
        """What happens to it most: silent, then found."""
        self.fall_silent(pick)
        self.reap()

    @precondition(lambda self: self.places(_is_running))
    @rule(pick=picks)
    def reattach(self, pick: int) -> None:
        run, step = self.place(pick, _is_silent)
        attempt = Attempt.objects.filter(step=self.pk_of[step.key]).order_by("number").last()
        if attempt is not None:
            is_stale = pick % 8 == 7
            meant = self.world.reattach(run, step, is_stale=is_stale)
            orphan = worker.take_orphan(attempt.pk, attempt.token - is_stale)
            self.same_claim(orphan and orphan.claim, meant)

    @precondition(lambda self: self.places(lambda _run, one: one.is_backed_off))
    @rule(pick=picks)
    def the_pause_is_over(self, pick: int) -> None:
        """A machine may try it again now."""
        _run, step = self.place(pick, lambda _run, one: one.is_backed_off)
        step.is_backed_off = False
        StepRow.objects.filter(pk=self.pk_of[step.key]).update(not_before=clock.now())


def _can_be_dropped(run: e.Run, step: e.Step) -> bool:
    return run.state in e.UNDER_WAY and step.state in {"pending", "ready"}


def _is_running(_run: e.Run, step: e.Step) -> bool:
    return step.state == "running"


def _is_silent(_run: e.Run, step: e.Step) -> bool:
    return step.state == "running" and step.attempts[-1].is_silent


@pytest.mark.django_db
def test_the_engine_does_what_the_model_says(
    cast: Cast, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(installation.ENGINE, "lease", LEASE_S)
    versions = {
        (component.name, text): house.version(component, text)
        for component in (house.claims_web, house.billing_api)
        for text in ("1.0", "2.0")
    }
    walked = type("Engine", (Engine,), {"cast": cast, "house": house, "versions": versions})
    budget: dict[str, Any] = LONG if EXAMPLES else SMALL
    walk(walked, settings=settings(**budget, deadline=None, suppress_health_check=list(HealthCheck)))
