"""A step that somebody adds to a run under way, and what others say to the changed plan."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField

from releaseorch.accounts.models import Person
from releaseorch.core import clock, fields
from releaseorch.core.models import GuardedModel
from releaseorch.core.transitions import moves
from releaseorch.delivery.states import CHANGE_MOVES, ChangeState
from releaseorch.runs.models import DeploymentRun


class PlanChange(GuardedModel):
    """The next version of the plan of a run under way: what was approved before, and one step more.

    proposed → approved (by others, each slot) | declined | withdrawn (by who added it) | lapsed (the run ended)

    `round` numbers the versions of the plan; approvals of this one have it, and the `digest` of what was approved
    before (`before_digest`) with what is added. `content` is the step as it is signed, with the keys it stands
    `before` and `after`; `key` is its own.
    """

    run = models.ForeignKey(DeploymentRun, models.CASCADE, related_name="+")
    state = FSMField(max_length=10, choices=ChangeState.choices, default=ChangeState.PROPOSED, protected=True)
    round = models.PositiveIntegerField()
    key = models.CharField(max_length=200)
    title = fields.name(max_length=300)
    content = models.JSONField(default=dict)
    before_digest = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    reason = fields.text(blank=False)
    proposed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=clock.now)
    closed_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    answer = fields.text()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["run"], condition=Q(state=ChangeState.PROPOSED), name="delivery_one_open_change"
            ),
            models.UniqueConstraint(fields=["run", "round"], name="delivery_change_round"),
            models.CheckConstraint(condition=Q(state__in=ChangeState.values), name="delivery_change_state"),
            models.CheckConstraint(
                condition=~Q(state=ChangeState.APPROVED)
                | Q(closed_by__isnull=False) & ~Q(closed_by=F("proposed_by")),
                name="delivery_change_by_another",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return bool(self.state == ChangeState.PROPOSED)

    @moves(CHANGE_MOVES, "approve")
    def approve(self) -> None:
        self.closed_at = clock.now()

    @moves(CHANGE_MOVES, "decline")
    def decline(self) -> None:
        self.closed_at = clock.now()

    @moves(CHANGE_MOVES, "withdraw")
    def withdraw(self) -> None:
        self.closed_at = clock.now()

    @moves(CHANGE_MOVES, "lapse")
    def lapse(self) -> None:
        self.closed_at = clock.now()
