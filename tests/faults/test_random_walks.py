"""People, workers and the housekeeper do whatever comes to their minds; after each move every invariant holds."""

import os
import random
from collections.abc import Callable

import pytest

from releaseorch.core import clock
from releaseorch.core.errors import DomainError
from releaseorch.delivery import services as delivery
from releaseorch.executors.base import Cancelled, Done, Errored, Failed, Result, Unknown
from releaseorch.runs import housekeeping, services
from releaseorch.runs.engine import endings, worker
from releaseorch.runs.models import Confirmation, DeploymentRun, Step
from releaseorch.runs.states import ConfirmationState, DecisionKind, RunState, StepState
from releaseorch.runs.store import Claim, store
from tests.characters import Cast
from tests.factories import House
from tests.faults.invariants import broken
from tests.runs import builders as a

MOVES = 50
WALKS = int(os.environ.get("RELEASEORCH_WALKS", "2"))  # a long campaign sets hundreds
RESULTS: list[Result] = [
    Done(),
    Done(),
    Failed("It said no."),
    Errored("No room."),
    Unknown("?"),
    Cancelled(),
]


class Walk:
    """Three runs that overlap in part, and everybody who may touch them."""

    def __init__(self, seed: int, cast: Cast, house: House) -> None:
        self.dice, self.cast = random.Random(seed), cast
        self.claims: list[Claim] = []
        self.done: list[str] = []
        components = [house.claims_db, house.claims_web, house.billing_api, house.portal_front]
        self.runs = [
            self._draft(house, [house.version(one, f"{n}.0") for one in components]) for n in range(3)
        ]

    def _draft(self, house: House, versions: list[object]) -> DeploymentRun:
        dice, steps, keys = self.dice, [], []
        for number in range(dice.randint(3, 7)):
            key = f"s{number}"
            after = dice.sample(keys, min(len(keys), dice.choice([0, 1, 1, 2])))
            version = dice.choice(versions)
            facts = {
                "component_id": version.component_id,
                "version_id": version.pk,
                "installs": dice.random() < 0.6,
            }
            make = dice.choice([a.automated, a.automated, a.manual])
            steps.append(make(key, after=after, **(facts if dice.random() < 0.7 else {})))
            keys.append(key)
        return a.approved_run(self.cast.release_manager, *steps, environment=house.production)

    def move(self) -> None:
        workers = [
            self.claim,
            self.claim,
            self.intend,
            self.intend,
            self.finish,
            self.finish,
            self.reap,
            self.reap,
        ]
        by_hand = [self.take, self.take, self.say, self.say, self.hand_back]
        choices = [
            *workers,
            *by_hand,
            self.start,
            self.decide,
            self.decide,
            self.answer,
            self.answer,
            self.again,
            self.steer,
            self.drop,
            self.change,
            self.change,
        ]
        choice: Callable[[], object] = self.dice.choice(choices)
        try:
            choice()
            self.done.append(choice.__name__)
        except DomainError as refused:
            self.done.append(f"{choice.__name__}: {refused}")

    def run(self) -> DeploymentRun:
        return a.now(self.dice.choice(self.runs))

    def step(self, *states: str) -> Step | None:
        found = list(Step.objects.filter(state__in=states).order_by("pk"))
        return self.dice.choice(found) if found else None

    def start(self) -> None:
        services.start_run(actor=self.cast.operator, run=self.run())

    def claim(self) -> None:
        step = self.step(StepState.READY, StepState.RUNNING)
        claim = step and worker.claim_step(
            step.pk, step.token - self.dice.choice([0, 0, 0, 1]) if step.token else 0
        )
        if claim:
            self.claims.append(claim)

    def intend(self) -> None:
        if self.claims:
            store().record_intent(self.held(), 60)

    def finish(self) -> None:
        if self.claims:
            endings.finish(self.held(), self.dice.choice(RESULTS))

    def reap(self) -> None:
        if self.claims:
            store().heartbeat(self.held(), -100)
        housekeeping.reap()

    def held(self) -> Claim:
        """Mostly a claim of late, sometimes one that was lost long ago."""
        return self.dice.choice(self.claims[-3:] if self.dice.random() < 0.8 else self.claims)

    def take(self) -> None:
        step = self.step(StepState.READY)
        if step:
            services.take_step(actor=self.cast.operator, step=step)

    def say(self) -> None:
        step = self.step(StepState.CLAIMED)
        if step:
            say = self.dice.choice([services.done_step, services.done_step, services.failed_step])
            say(actor=self.cast.operator, step=step, note="Looked at it.")

    def hand_back(self) -> None:
        step = self.step(StepState.CLAIMED)
        if step and self.dice.random() < 0.5:
            services.hand_back_step(actor=self.cast.operator, step=step, reason="Lunch.")
        elif step:
            services.reassign_step(
                actor=self.cast.operator, step=step, team=self.cast.billing, reason="Theirs."
            )

    def decide(self) -> None:
        step = self.step(StepState.NEEDS_DECISION)
        if step:
            kind = self.dice.choice(list(DecisionKind))
            decide = getattr(services, f"{kind}_step")
            decide(actor=self.cast.operator, step=step, reason="Looked at it.")

    def answer(self) -> None:
        """Of the second person; sometimes of the first one, when the time is over."""
        found = list(Confirmation.objects.filter(state=ConfirmationState.ASKED).order_by("pk"))
        if found:
            asked = self.dice.choice(found)
            if self.dice.random() < 0.3:
                Confirmation.objects.filter(pk=asked.pk).update(until=clock.now())
            say = self.dice.choice([services.confirm_step, services.confirm_step, services.decline_step])
            who = self.dice.choice([self.cast.release_manager, self.cast.operator])
            say(actor=who, step=asked.step, reason="Looked at it too.")

    def again(self) -> None:
        step = self.step(StepState.SUCCEEDED, StepState.SKIPPED, StepState.FAILED)
        if step:
            services.retry_from_step(actor=self.cast.operator, step=step, reason="It was the database.")

    def steer(self) -> None:
        manager, run = self.cast.release_manager, self.run()
        choice = self.dice.random()
        if choice < 0.4:
            services.pause_run(actor=manager, run=run)
        elif choice < 0.8:
            services.resume_run(actor=manager, run=run)
        elif choice < 0.9:
            services.stop_run(actor=manager, run=run, reason="Enough.")
        else:
            services.cancel_run(actor=manager, run=run, reason="Wrong night.")

    def change(self) -> None:
        """A step is added while a run is paused, and others say what becomes of it."""
        run, dice = self.run(), self.dice
        say = [
            delivery.approve_change,
            delivery.approve_change,
            delivery.decline_change,
            delivery.withdraw_change,
        ]
        if run.state == RunState.PAUSED and dice.random() < 0.6:
            keys = sorted(run.steps.values_list("key", flat=True))
            place = {"after": dice.sample(keys, dice.choice([0, 1])), "before": dice.sample(keys, 1)}
            like = dice.choice([None, *keys])
            delivery.fix_run_forward(
                actor=self.cast.release_manager, run=run, title="More", like=like, reason="Needed.", **place
            )
        elif (verb := dice.choice(say)) == delivery.approve_change:
            delivery.approve_change(actor=self.cast.second_manager, run=run)
        else:
            who = {delivery.decline_change: self.cast.second_manager}.get(verb, self.cast.release_manager)
            verb(actor=who, run=run, reason="Not now.")

    def drop(self) -> None:
        run = self.run()
        some = list(
            run.steps.filter(state__in=[StepState.PENDING, StepState.READY]).values_list("pk", flat=True)
        )
        if some and self.dice.random() < 0.4:
            chosen = self.dice.sample(some, self.dice.randint(1, min(2, len(some))))
            services.drop_steps(
                actor=self.cast.release_manager, run=run, step_ids=chosen, reason="Taken out."
            )


@pytest.mark.parametrize("seed", range(WALKS))
def test_whatever_people_and_machines_do_the_rows_stay_consistent(
    seed: int, cast: Cast, house: House
) -> None:
    walk = Walk(seed, cast, house)
    for _number in range(MOVES):
        walk.move()
        assert broken() == [], walk.done[-5:]
    assert sum(":" not in done for done in walk.done) > MOVES / 4
