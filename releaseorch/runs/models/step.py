"""A step of a run and the links that order the steps."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django_fsm import FSMField

from releaseorch.accounts.models import Person, Team
from releaseorch.catalog.models import Component, ComponentVersion
from releaseorch.catalog.states import Downtime, EffectClass, Phase, Reversible, StepKind
from releaseorch.core import clock, fields
from releaseorch.core.models import GuardedModel
from releaseorch.core.transitions import moves
from releaseorch.environments.models import Target
from releaseorch.runs.models.run import DeploymentRun
from releaseorch.runs.states import STEP_FINAL, STEP_MOVES, StepState


class Step(GuardedModel):
    """One unit of work in a run, automated or manual.

    pending → ready → running → succeeded; manual: ready ⇄ claimed → succeeded; not_needed is set when planned
    running → running (another worker re-attaches) | ready (requeued, or tried again by a machine later)
    running | claimed → needs_decision; ready → needs_decision (a person doesn't wait for the machine's next try)
    needs_decision → ready (retry) | claimed (taken over) | succeeded (done by hand) | skipped | failed
    proposed | pending | ready | claimed | needs_decision → cancelled, through the run
    running → cancelled (the stop is confirmed)
    ready | needs_decision | succeeded | skipped | failed → pending (again from an earlier step)
    proposed → pending (added to a run under way, once somebody else has approved it)
    ready → pending (another one was added before it)

    `token` goes up with each change of owner; only who holds the current one may write for the step.
    """

    # Without an index of its own: others begin with the run, and a planner might prefer the smaller one.
    run = models.ForeignKey(DeploymentRun, models.CASCADE, related_name="steps", db_index=False)
    number = models.PositiveIntegerField()
    key = models.CharField(max_length=200)
    title = fields.name(max_length=300)
    kind = models.CharField(max_length=10, choices=StepKind)
    phase = models.CharField(max_length=10, choices=Phase)
    state = FSMField(max_length=20, choices=StepState.choices, default=StepState.PENDING, protected=True)
    executor = models.CharField(max_length=40, blank=True, default="")
    connection = models.CharField(max_length=100, blank=True, default="")
    parameters = models.JSONField(default=dict, blank=True)
    inputs_digest = models.CharField(max_length=64, blank=True, default="")
    instructions = fields.text()
    effect_class = models.CharField(max_length=1, choices=EffectClass, default=EffectClass.UNSAFE)
    reversible = models.CharField(max_length=10, choices=Reversible, default=Reversible.YES)
    downtime = models.CharField(max_length=12, choices=Downtime, default=Downtime.NONE)
    component = models.ForeignKey(
        Component, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    version = models.ForeignKey(
        ComponentVersion, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    from_version = models.CharField(max_length=150, blank=True, default="")
    target = models.ForeignKey(
        Target, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    installs = models.BooleanField(default=False)
    removes = models.BooleanField(default=False)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    owner = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    is_taken_over = models.BooleanField(default=False)
    is_limited = models.BooleanField(default=False, db_default=False)  # by any limit (runs.limits)
    not_needed_because = models.CharField(max_length=300, blank=True, default="")
    added_because = models.CharField(max_length=300, blank=True, default="")  # edited in by a person
    open_predecessors = models.PositiveIntegerField(default=0)
    token = models.PositiveIntegerField(default=0)
    requeues = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    nudged_at = models.DateTimeField(null=True, blank=True)
    nudges = models.PositiveIntegerField(default=0)
    expected_s = models.PositiveIntegerField(default=60)
    timeout_s = models.PositiveIntegerField(default=1800)
    silence_s = models.PositiveIntegerField(null=True, blank=True)
    decide_within_s = models.PositiveIntegerField(null=True, blank=True)
    retry_policy = models.JSONField(default=dict, db_default={}, blank=True)  # catalog.retrying
    decision_rules = models.JSONField(
        default=dict, db_default={}, blank=True
    )  # catalog.deciding, of this environment
    retries = models.PositiveIntegerField(default=0, db_default=0)  # by a machine, since a person decided
    ready_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    audit_kind = "step"

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "key"], name="runs_step_key_once"),
            models.CheckConstraint(condition=Q(state__in=StepState.values), name="runs_step_state"),
            models.CheckConstraint(
                condition=~Q(state=StepState.CLAIMED) | Q(owner__isnull=False), name="runs_claimed_has_owner"
            ),
            models.CheckConstraint(
                condition=~Q(installs=True) | Q(component__isnull=False), name="runs_installs_a_component"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["run", "state", "number"], name="runs_step_in_state"),
            # What waits for people in a run, among many that wait for workers.
            models.Index(
                fields=["run", "state", "number"],
                name="runs_step_for_people",
                condition=Q(kind=StepKind.MANUAL) | Q(is_taken_over=True),
            ),
            models.Index(fields=["nudged_at"], name="runs_step_to_nudge", condition=Q(state=StepState.READY)),
            # Each change of a step's state writes into every index that it is in: where it names nothing, into none.
            *(
                models.Index(
                    fields=[name], name=f"runs_step_{name}", condition=Q(**{f"{name}__isnull": False})
                )
                for name in ("component", "version", "target", "team", "owner")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} · {self.title}"

    @property
    def is_final(self) -> bool:
        return self.state in STEP_FINAL

    @property
    def is_manual(self) -> bool:
        return self.kind == StepKind.MANUAL or self.is_taken_over

    @moves(STEP_MOVES, "accept")
    def accept(self) -> None:
        pass

    @moves(STEP_MOVES, "wait_again")
    def wait_again(self) -> None:
        self._changes_hands()

    @moves(STEP_MOVES, "become_ready")
    def become_ready(self) -> None:
        self._waits_for_somebody()

    @moves(STEP_MOVES, "claim")
    def claim(self) -> None:
        self._changes_hands()
        self._begins()

    @moves(STEP_MOVES, "take")
    def take(self) -> None:
        self._changes_hands()
        self._begins()

    @moves(STEP_MOVES, "hand_back")
    def hand_back(self) -> None:
        self._changes_hands()
        self.owner = None
        self._waits_for_somebody()

    @moves(STEP_MOVES, "succeed")
    def succeed(self) -> None:
        self._ends()

    @moves(STEP_MOVES, "need_decision")
    def need_decision(self) -> None:
        self.owner = None

    @moves(STEP_MOVES, "reattach")
    def reattach(self) -> None:
        self._changes_hands()

    @moves(STEP_MOVES, "requeue")
    def requeue(self) -> None:
        self._changes_hands()
        self.requeues += 1
        self._waits_for_somebody()

    @moves(STEP_MOVES, "back_off")
    def back_off(self) -> None:
        self._changes_hands()
        self.retries += 1
        self._waits_for_somebody()

    @moves(STEP_MOVES, "stop_retrying")
    def stop_retrying(self) -> None:
        self._changes_hands()
        self._forgets_retries()

    @moves(STEP_MOVES, "retry")
    def retry(self) -> None:
        self._changes_hands()
        self._forgets_retries()
        self.is_taken_over = False
        self._waits_for_somebody()

    @moves(STEP_MOVES, "take_over")
    def take_over(self) -> None:
        self._changes_hands()
        self.is_taken_over = True

    @moves(STEP_MOVES, "mark_done")
    def mark_done(self) -> None:
        self._changes_hands()
        self._ends()

    @moves(STEP_MOVES, "skip")
    def skip(self) -> None:
        self._changes_hands()
        self._ends()

    @moves(STEP_MOVES, "mark_failed")
    def mark_failed(self) -> None:
        self._changes_hands()
        self._ends()

    @moves(STEP_MOVES, "cancel")
    def cancel(self) -> None:
        self._changes_hands()
        self._ends()

    @moves(STEP_MOVES, "confirm_cancel")
    def confirm_cancel(self) -> None:
        self._changes_hands()
        self._ends()

    @moves(STEP_MOVES, "repeat")
    def repeat(self) -> None:
        self._changes_hands()
        self.owner = self.ended_at = None
        self._forgets_retries()

    def _changes_hands(self) -> None:
        self.token += 1

    def _forgets_retries(self) -> None:
        self.retries, self.not_before = 0, None

    def _begins(self) -> None:
        self.started_at = self.started_at or clock.now()

    def _ends(self) -> None:
        now = clock.now()  # of a host whose clock may be behind
        self.ended_at = max(now, self.started_at or now)

    def _waits_for_somebody(self) -> None:
        self.ready_at = self.nudged_at = clock.now()
        self.nudges = 0


class StepLink(models.Model):
    """`before` comes before `after`; `why` is a sentence."""

    run = models.ForeignKey(DeploymentRun, models.CASCADE, related_name="links")
    before = models.ForeignKey(Step, models.CASCADE, related_name="successors", db_index=False)
    after = models.ForeignKey(Step, models.CASCADE, related_name="predecessors")
    why = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["before", "after"], name="runs_link_once"),
            models.CheckConstraint(condition=~Q(before=models.F("after")), name="runs_link_not_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.before_id} → {self.after_id}"
