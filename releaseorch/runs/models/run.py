"""A run, and the components that it holds while it is active."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django_fsm import FSMField

from releaseorch.accounts.models import Person
from releaseorch.catalog.models import Component
from releaseorch.core import clock, fields
from releaseorch.core.models import GuardedModel
from releaseorch.core.transitions import moves
from releaseorch.environments.models import Environment
from releaseorch.runs.states import RUN_ACTIVE, RUN_FINAL, RUN_MOVES, RunState


class DeploymentRun(GuardedModel):
    """A group of approved requests carried out in one go on one environment.

    draft → proposed → approved → scheduled → running, or approved → running
    running ⇄ paused; running → succeeded | succeeded_with_exceptions; running | paused → stopped
    proposed | approved | scheduled → draft (unlocked); proposed → draft (sent back) | rejected
    draft … scheduled → cancelled; running | paused → cancelling → cancelled
    """

    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+")
    title = fields.name()
    state = FSMField(max_length=30, choices=RunState.choices, default=RunState.DRAFT, protected=True)
    plan_digest = models.CharField(max_length=64, blank=True, default="")
    round = models.PositiveIntegerField(default=0)  # how often it was proposed; approvals count for one round
    guards = models.JSONField(default=list)
    composed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    edited_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    proposed_at = models.DateTimeField(null=True, blank=True)
    window_from = models.DateTimeField(null=True, blank=True)
    window_until = models.DateTimeField(null=True, blank=True)
    # Bounds of a run under way (`runs.bounds`): from when on no new step begins, whether somebody lets it finish
    # all the same, and since when a decision is asked for.
    begins_until = models.DateTimeField(null=True, blank=True)
    is_to_finish = models.BooleanField(default=False, db_default=False)
    held_up_since = models.DateTimeField(null=True, blank=True)
    steps_at_once = fields.limit()
    is_exclusive = models.BooleanField(
        default=False, db_default=False
    )  # beside it no other in its environment
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    audit_kind = "run"

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="runs_run_state"),
            models.CheckConstraint(
                condition=Q(state__in=sorted(RUN_FINAL), ended_at__isnull=False)
                | ~Q(state__in=sorted(RUN_FINAL)),
                name="runs_run_final_has_end",
            ),
            models.CheckConstraint(
                condition=Q(window_from=None)
                | Q(window_until=None)
                | Q(window_until__gt=models.F("window_from")),
                name="runs_run_window_lasts",
            ),
            models.UniqueConstraint(
                fields=["environment"],
                condition=Q(is_exclusive=True, state__in=sorted(RUN_ACTIVE)),
                name="runs_one_exclusive",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["environment", "-id"], name="runs_run_environment"),
            models.Index(fields=["state", "-id"], name="runs_run_state_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.title} #{self.pk}" if self.pk else self.title

    @property
    def is_active(self) -> bool:
        return self.state in RUN_ACTIVE

    @property
    def is_final(self) -> bool:
        return self.state in RUN_FINAL

    @property
    def is_past_bound(self) -> bool:
        """Whether a bound kept new steps from beginning when it was last reckoned."""
        return self.begins_until is not None and self.begins_until <= clock.now()

    @property
    def is_held_up(self) -> bool:
        """Whether somebody is asked to let it finish or to pause it."""
        return self.state == RunState.RUNNING and self.held_up_since is not None

    @moves(RUN_MOVES, "propose")
    def propose(self) -> None:
        self.proposed_at = clock.now()
        self.round += 1

    @moves(RUN_MOVES, "approve")
    def approve(self) -> None:
        pass

    @moves(RUN_MOVES, "send_back")
    def send_back(self) -> None:
        pass

    @moves(RUN_MOVES, "reject")
    def reject(self) -> None:
        self._ends()

    @moves(RUN_MOVES, "unlock")
    def unlock(self) -> None:
        self.plan_digest = ""

    @moves(RUN_MOVES, "schedule")
    def schedule(self) -> None:
        pass

    @moves(RUN_MOVES, "start")
    def start(self) -> None:
        self.started_at = clock.now()

    @moves(RUN_MOVES, "pause")
    def pause(self) -> None:
        pass

    @moves(RUN_MOVES, "resume")
    def resume(self) -> None:
        pass

    @moves(RUN_MOVES, "succeed")
    def succeed(self) -> None:
        self._ends()

    @moves(RUN_MOVES, "succeed_with_exceptions")
    def succeed_with_exceptions(self) -> None:
        self._ends()

    @moves(RUN_MOVES, "stop")
    def stop(self) -> None:
        self._ends()

    @moves(RUN_MOVES, "cancel")
    def cancel(self) -> None:
        self._ends()

    @moves(RUN_MOVES, "begin_cancel")
    def begin_cancel(self) -> None:
        pass

    @moves(RUN_MOVES, "finish_cancel")
    def finish_cancel(self) -> None:
        self._ends()

    def _ends(self) -> None:
        """Not before it began, also where the clock of this host is behind."""
        self.ended_at = max(clock.now(), self.started_at or self.created_at)


class RunTarget(models.Model):
    """A component that a run touches; active from start until the run is finished with it.

    Two active runs never hold the same component in the same environment: the database refuses.
    """

    run = models.ForeignKey(DeploymentRun, models.CASCADE, related_name="targets")
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+")
    component = models.ForeignKey(Component, models.PROTECT, related_name="+")
    is_active = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "component"], name="runs_target_once"),
            models.UniqueConstraint(
                fields=["environment", "component"], condition=Q(is_active=True), name="runs_one_active_run"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.component} by run {self.run_id}"
