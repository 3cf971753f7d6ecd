"""One walk through a run, in product and model at once: how it begins, how its rules choose, do and compare."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from releaseorch.core.errors import DomainError
from releaseorch.runs import housekeeping, services
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.models import Step as StepRow
from releaseorch.runs.store import Claim
from tests.characters import Cast
from tests.factories import House
from tests.faults.invariants import broken
from tests.runs.model import expected as e
from tests.runs.model import plans
from tests.runs.model.machines import Machines
from tests.runs.model.refusals import reasons_in
from tests.runs.model.rows import Rows

Place = tuple[e.Run, e.Step]
Likely = Callable[[e.Run, e.Step], bool]

# What a person may press on a step, and where it is meant to be pressed.
VERBS: dict[str, Likely] = {
    "take": lambda run, step: run.state == "running" and step.state == "ready" and step.is_by_hand,
    "done": lambda _run, step: step.state == "claimed",
    "failed": lambda _run, step: step.state == "claimed",
    "hand_back": lambda _run, step: step.state == "claimed",
    "reassign": lambda _run, step: step.is_by_hand and step.state in {"ready", "claimed"},
    **dict.fromkeys(
        ("retry", "skip", "take_over", "mark_done", "mark_failed"),
        lambda _run, step: step.state == "needs_decision" or step.is_backed_off,
    ),
    "retry_from": lambda run, step: (
        run.state in e.UNDER_WAY and step.state in {"succeeded", "skipped", "failed"}
    ),
    "confirm": lambda _run, step: step.question is not None,
    "decline": lambda _run, step: step.question is not None,
    "review": lambda _run, step: bool(step.alone),
}
NOTES = {"take": {}, "done": {"note": "Seen."}, "failed": {"note": "It broke."}}


class Walk(RuleBasedStateMachine):
    """Does the same to the product and to the model, and compares what they answer and how the rows are then.

    All of it in a block of one transaction that is rolled back.
    """

    cast: Cast
    house: House
    versions: plans.Versions

    def __init__(self) -> None:
        super().__init__()
        self.people = {one.username: one for one in vars(self.cast).values() if hasattr(one, "username")}
        self.claims: list[tuple[Claim, e.Claim]] = []
        self.block = transaction.atomic()
        self.block.__enter__()

    def teardown(self) -> None:
        try:
            assert broken() == []
            self.check_sweep()
        finally:
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    @initialize(data=st.data(), is_protected=st.booleans(), beside=st.booleans())
    def compose(self, data: st.DataObject, is_protected: bool, beside: bool) -> None:
        drawn = [plans.runs("a", "1.0", 8, is_protected=is_protected)]
        drawn += [plans.runs("b", "2.0", 3, is_protected=is_protected)] if beside else []
        self.world = Machines([data.draw(one) for one in drawn])
        place = self.house.production if is_protected else self.house.acceptance
        runs = [(run, plans.as_rows(run, self.cast, place, self.versions).pk) for run in self.world.runs]
        pks = {(run, key): pk for run, key, pk in StepRow.objects.values_list("run_id", "key", "pk")}
        steps = [(run, step, pks[pk, step.key]) for run, pk in runs for step in run.steps.values()]
        self.rows = Rows(place, runs, steps)
        self.pk_of = {step.key: pk for _run, step, pk in steps}
        self.run_pks = {run.version: pk for run, pk in runs}
        self.steer("start", "rita", self.world.runs[0])

    @invariant()
    def the_rows_are_as_the_model_says(self) -> None:
        if hasattr(self, "rows"):
            assert self.rows.differences(self.world) == []

    def check_sweep(self) -> None:
        """Whatever a lost message would have begun is found again, and nothing else."""
        with transaction.atomic():
            StepRow.objects.update(nudged_at=None)
            found = {step.pk for step in housekeeping.due_for_a_nudge()}
            transaction.set_rollback(True)
        claimable = {
            self.pk_of[step.key]
            for run in self.world.runs
            for step in run.steps.values()
            if run.state == "running" and step.is_claimable
        }
        assert found == claimable

    # --- how the rules choose, and do

    def places(self, likely: Likely) -> list[Place]:
        return [(run, step) for run in self.world.runs for step in run.steps.values() if likely(run, step)]

    def place(self, pick: int, likely: Likely) -> Place:
        found = self.places(likely) or self.places(lambda _run, _step: True)
        return found[pick % len(found)]

    def runs_in(self, *states: str) -> list[e.Run]:
        return [run for run in self.world.runs if run.state in states]

    def row(self, step: e.Step) -> StepRow:
        return StepRow.objects.get(pk=self.pk_of[step.key])

    def both(self, reasons: e.Reasons, act: Callable[[], object]) -> None:
        try:
            act()
        except DomainError as refused:
            assert reasons_in(refused) & reasons, (
                f"refused since {refused}; the model knows {sorted(reasons)}"
            )
        else:
            assert not reasons, f"not refused, though the model says {sorted(reasons)}"

    def press(
        self, verb: str, who: str, place: Place, to: str | None = None, *, is_old_page: bool = False
    ) -> None:
        """A person presses a button of a step, perhaps on a page that is older than its last change."""
        run, step = place
        row, seen = self.row(step), self.rows.versions[self.pk_of[step.key]]
        kept = seen[0] if is_old_page else row.row_version
        values: dict[str, Any] = dict(NOTES.get(verb, {"reason": "Looked at it."}))
        more: tuple[str | None, ...] = ()
        if verb == "reassign":
            more = to, None if to else "billing"
            values |= {"to": self.people[to]} if to else {"team": self.cast.billing}
        if kept != row.row_version:
            reasons = frozenset({"changed"})
        else:
            reasons = getattr(self.world, verb)(who, run, step, *more)
        service = getattr(services, f"{verb}_step")
        self.both(reasons, lambda: service(actor=self.people[who], step=row, seen=kept, **values))

    def steer(self, verb: str, who: str, run: e.Run, **values: Any) -> None:
        row = DeploymentRun.objects.get(pk=self.run_pks[run.version])
        reasons = getattr(self.world, verb)(who, run)
        service = getattr(services, f"{verb}_run")
        self.both(reasons, lambda: service(actor=self.people[who], run=row, **values))
