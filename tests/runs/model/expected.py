"""A run as plain data, and what may happen to it: written from docs/engine.md alone, knowing nothing of the product.

What the product keeps up step by step (what a step still waits for, which components are held, whom everything waits
for) is reckoned here from the states each time. Each verb answers with all that speaks against it; when nothing does,
it has happened.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

Reasons = frozenset[str]
NOTHING: Reasons = frozenset()

DECIDERS = frozenset({"olga", "rita", "sven"})  # an operator, two release managers
ROLES = {
    "olga": "operator",
    "rita": "release_manager",
    "sven": "release_manager",
    "pipeline": "release_manager",
}
STEERERS = DECIDERS | {"pipeline"}  # a robot with the rights of a release manager, which decides nothing
MANAGERS = STEERERS - {"olga"}
MEMBERS = {"dana": "claims", "omar": "billing"}

OPEN = frozenset({"pending", "ready", "claimed", "running", "needs_decision"})
DONE_WITH = frozenset({"succeeded", "skipped", "not_needed"})
UNDER_WAY = frozenset({"running", "paused"})
MOST_REQUEUES = 3


@dataclass
class Attempt:
    """One try; `holder` counts the workers that have held it, so that what an earlier one says is known as late."""

    person: str | None = None
    state: str = "running"
    has_begun: bool = False
    is_silent: bool = False
    nobody_knows: bool = False  # workers were asked often enough
    is_asked_to_stop: bool = False
    holder: int = 0
    told: bool = False  # its end was told by its worker, not found by the housekeeper
    was_requeued: bool = False
    late: str | None = None


@dataclass
class Question:
    """To a second person; `is_late` when the environment's minutes are over."""

    by: str
    from_here: bool
    is_late: bool = False

    @property
    def verb(self) -> str:
        return "retry_from" if self.from_here else "retry"


@dataclass(repr=False)
class Step:
    key: str
    after: tuple[str, ...] = ()
    is_tool: bool = True
    tool: str = "shell"
    effect_class: str = "D"
    most_retries: int = 0
    only_could_not_run: bool = False
    component: str | None = None
    team: str | None = None  # that does it: its own, else the one of its component
    installs: bool = False
    is_reversible: bool = True
    rules: dict[str, str] = field(
        default_factory=dict
    )  # verb → never, or the only role, as the procedure says
    state: str = "pending"
    is_taken_over: bool = False
    owner: str | None = None
    requeues: int = 0
    retries: int = 0
    is_backed_off: bool = False  # a machine tries again later; false as soon as the pause is over
    hands: int = 0  # how often its owner changed
    attempts: list[Attempt] = field(default_factory=list)
    question: Question | None = None
    alone: list[str] = field(default_factory=list)  # who decided alone and was not reviewed yet

    def __repr__(self) -> str:
        """What isn't as usual of it."""
        usual = vars(Step(self.key))
        said = ", ".join(f"{name}={value!r}" for name, value in vars(self).items() if value != usual[name])
        return f"Step({self.key}, {said})"

    @property
    def is_by_hand(self) -> bool:
        return not self.is_tool or self.is_taken_over

    @property
    def is_safe(self) -> bool:
        """Declared, or guaranteed by the tool."""
        return self.effect_class != "D" or self.tool == "keyed"

    @property
    def is_at_work(self) -> bool:
        return self.state in {"running", "claimed"}

    @property
    def ended_unknown(self) -> bool:
        return bool(self.attempts) and self.attempts[-1].state == "unknown"

    @property
    def is_unknown(self) -> bool:
        """Nobody knows how it ended, and nobody has decided."""
        return self.state == "needs_decision" and self.ended_unknown

    @property
    def is_claimable(self) -> bool:
        return self.state == "ready" and not self.is_by_hand and not self.is_backed_off

    @property
    def was_tried(self) -> bool:
        """Not by who provably did nothing."""
        if any(one.has_begun for one in self.attempts):
            return True
        return bool(self.attempts) and not self.attempts[-1].was_requeued

    def leaves(self, verb: str, who: str) -> bool:
        """Whether its procedure leaves this verb to this person, who has the right otherwise."""
        return self.rules.get(verb, ROLES.get(who)) == ROLES.get(who)

    def changes_hands(self, state: str, owner: str | None = None) -> None:
        self.state, self.owner = state, owner
        self.hands += 1

    def forget_retries(self) -> None:
        self.retries, self.is_backed_off = 0, False

    def may_take(self, who: str) -> bool:
        return who == "olga" or (self.team is not None and MEMBERS.get(who) == self.team)


@dataclass
class Run:
    steps: dict[str, Step]
    is_protected: bool = False
    version: str = "1.0"
    state: str = "approved"

    @property
    def is_active(self) -> bool:
        return self.state in UNDER_WAY or self.state == "cancelling"

    def components(self, steps: Iterable[Step]) -> set[str]:
        return {one.component for one in steps if one.component is not None}

    @property
    def held(self) -> set[str]:
        """A run keeps a component as long as something of it is open there."""
        return self.components(self.open_steps) if self.is_active else set()

    @property
    def open_steps(self) -> list[Step]:
        return [one for one in self.steps.values() if one.state in OPEN]

    def waits_for(self, step: Step) -> int:
        """How many of the steps before it aren't over."""
        return sum(not self.is_over(self.steps[key]) for key in step.after)

    def is_over(self, step: Step) -> bool:
        """A dropped step is passed through: what waited for it waits for what stood before it."""
        return not self.waits_for(step) if step.state == "cancelled" else step.state in DONE_WITH

    def behind(self, step: Step) -> list[Step]:
        """Everything after it; what is not needed counts for nobody, so nothing is after it."""
        found: dict[str, Step] = {}
        for one in self.steps.values():  # a plan stands in an order in which it could be done
            before = {key for key in one.after if key == step.key or key in found}
            if before and one.state != "not_needed":
                found[one.key] = one
        return list(found.values())


@dataclass
class Claim:
    """What a worker believes to hold."""

    run: Run
    step: Step
    attempt: Attempt
    holder: int

    @property
    def counts(self) -> bool:
        return self.attempt.state == "running" and self.attempt.holder == self.holder


class World:
    """All runs of one environment, and what is installed there: component → (version, or the one it may be)."""

    def __init__(self, runs: list[Run]) -> None:
        self.runs = runs
        self.inventory: dict[str, tuple[str | None, str | None]] = {}

    # --- what follows from the states

    def go_on(self, run: Run) -> None:
        if run.state in UNDER_WAY:
            for step in run.steps.values():
                if step.state == "pending" and not run.waits_for(step):
                    step.state = "ready"
        if not run.open_steps and run.state in {"running", "cancelling"}:
            states = {one.state for one in run.steps.values()}
            well = "succeeded_with_exceptions" if states & {"skipped", "cancelled", "failed"} else "succeeded"
            run.state = "cancelled" if run.state == "cancelling" else well
        if not run.is_active or run.state == "cancelling":  # nobody is asked any more
            for step in run.steps.values():
                step.question = None

    def held_by_others(self, run: Run, components: set[str]) -> bool:
        return any(other.held & components for other in self.runs if other is not run)

    def installed(self, run: Run, step: Step) -> None:
        if step.installs and step.component:
            self.inventory[step.component] = (run.version, None)

    def left_uncertain(self, run: Run, step: Step) -> None:
        if step.installs and step.component:
            was, may_be = self.inventory.get(step.component, (None, None))
            if may_be != run.version:
                self.inventory[step.component] = (was, run.version)

    # --- people and runs

    def start(self, who: str, run: Run) -> Reasons:
        reasons = self._unless(who in STEERERS, "who") | self._unless(run.state == "approved", "state")
        needed = [one for one in run.steps.values() if one.state != "not_needed"]
        reasons |= self._unless(not self.held_by_others(run, run.components(needed)), "held")
        return self._moved(run, reasons, "running")

    def pause(self, who: str, run: Run) -> Reasons:
        reasons = self._unless(who in STEERERS, "who") | self._unless(run.state == "running", "state")
        return self._moved(run, reasons, "paused")

    def resume(self, who: str, run: Run) -> Reasons:
        reasons = self._unless(who in STEERERS, "who") | self._unless(run.state == "paused", "state")
        return self._moved(run, reasons, "running")

    def stop(self, who: str, run: Run) -> Reasons:
        steps = run.steps.values()
        reasons = self._unless(who in MANAGERS, "who") | self._unless(run.state in UNDER_WAY, "state")
        reasons |= self._unless(not any(one.is_at_work for one in steps), "at work")
        reasons |= self._unless(not any(one.is_unknown for one in steps), "unknown")
        undecided = [one for one in steps if one.state == "needs_decision"]
        reasons |= self._unless(not any(one.rules.get("stop") == "never" for one in undecided), "procedure")
        if not reasons:
            for step in run.open_steps:
                step.changes_hands("cancelled")
        return self._moved(run, reasons, "stopped")

    def cancel(self, who: str, run: Run) -> Reasons:
        reasons = self._unless(who in MANAGERS, "who")
        reasons |= self._unless(run.state in UNDER_WAY | {"approved"}, "state")
        if not reasons:
            for step in run.open_steps:
                self._cancel_step(run, step)
        return self._moved(run, reasons, "cancelled" if run.state == "approved" else "cancelling")

    def _cancel_step(self, run: Run, step: Step) -> None:
        """What runs is asked to stop; an outcome that nobody knows outlives the cancelling."""
        if step.state == "running":
            step.attempts[-1].is_asked_to_stop = True
        elif not step.is_unknown:
            if step.state == "claimed":
                step.attempts[-1].state = "cancelled"
                self.left_uncertain(run, step)
            step.changes_hands("cancelled")

    def drop(self, who: str, run: Run, steps: list[Step]) -> Reasons:
        """With the request they belong to."""
        reasons = self._unless(who in MANAGERS, "who") | self._unless(run.state in UNDER_WAY, "run")
        untouched = {"pending", "ready", "cancelled", "not_needed"}
        reasons |= self._unless(all(one.state in untouched for one in steps), "started")
        if not reasons:
            for step in steps:
                if step.state in {"pending", "ready"}:
                    step.changes_hands("cancelled")
            self.go_on(run)
        return reasons

    def _moved(self, run: Run, reasons: Reasons, state: str) -> Reasons:
        if not reasons:
            run.state = state
            self.go_on(run)
        return reasons

    def _unless(self, holds: bool, reason: str) -> Reasons:
        return NOTHING if holds else frozenset({reason})

    # --- work by hand

    def take(self, who: str, run: Run, step: Step) -> Reasons:
        reasons = self._unless(step.may_take(who), "who") | self._unless(run.state == "running", "run")
        reasons |= self._unless(step.is_by_hand, "tool") | self._unless(step.state == "ready", "state")
        if not reasons:
            step.changes_hands("claimed", who)
            step.attempts.append(Attempt(who, has_begun=True))
        return reasons

    def done(self, who: str, run: Run, step: Step) -> Reasons:
        return self._said(who, run, step, "succeeded", "succeeded", self.installed)

    def failed(self, who: str, run: Run, step: Step) -> Reasons:
        return self._said(who, run, step, "needs_decision", "failed", self.left_uncertain)

    def _said(
        self, who: str, run: Run, step: Step, state: str, end: str, then: Callable[[Run, Step], None]
    ) -> Reasons:
        """Also while the run is paused."""
        if step.state != "claimed":
            return frozenset({"state"})
        if step.owner != who:
            return frozenset({"who"})
        step.attempts[-1].state, step.state = end, state
        if state == "needs_decision":
            step.owner = None
        then(run, step)
        self.go_on(run)
        return NOTHING

    def hand_back(self, who: str, run: Run, step: Step) -> Reasons:
        """By its owner, or by whoever may give it to somebody else."""
        reasons = self._unless(step.state == "claimed", "state")
        if step.owner != who:
            reasons |= self._unless(who in STEERERS, "who")
            reasons |= self._unless(step.leaves("reassign", who), "procedure")
        if not reasons:
            self._put_back(step)
        return reasons

    def reassign(self, who: str, run: Run, step: Step, to: str | None, team: str | None) -> Reasons:
        can_be_given = step.state == "claimed" or (step.state == "ready" and step.is_by_hand)
        reasons = self._unless(who in STEERERS, "who") | self._unless(can_be_given, "state")
        reasons |= self._unless(step.leaves("reassign", who), "procedure")
        reasons |= self._unless(to is None or step.may_take(to), "who")
        if not reasons:
            if step.state == "claimed":
                self._put_back(step)
            step.owner, step.team = to, team or step.team
        return reasons

    def _put_back(self, step: Step) -> None:
        step.attempts[-1].state = "cancelled"
        step.changes_hands("ready")
