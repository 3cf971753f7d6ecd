"""What a second person is asked before something of unknown outcome is tried again on a protected environment."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField

from releaseorch.accounts.models import Person
from releaseorch.core import clock, fields
from releaseorch.core.models import GuardedModel
from releaseorch.core.transitions import moves
from releaseorch.runs.models.history import Attempt
from releaseorch.runs.models.step import Step
from releaseorch.runs.states import CONFIRMATION_MOVES, ConfirmationState


class Confirmation(GuardedModel):
    """One person wants to try a step again, `from_here` with everything after it; a second one says yes or no.

    asked → confirmed (by another person) | declined | lapsed (decided otherwise, or the run ended)
    asked → alone (by who asked, when nobody had answered in time) → reviewed (by another person)

    `until` is database time. `token` is the step's when it was asked. `attempt` is the one of unknown outcome.
    """

    step = models.ForeignKey(Step, models.CASCADE, related_name="confirmations")
    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="+")
    token = models.PositiveIntegerField()
    from_here = models.BooleanField(default=False)
    state = FSMField(
        max_length=10, choices=ConfirmationState.choices, default=ConfirmationState.ASKED, protected=True
    )
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=clock.now)
    reason = fields.text(blank=False)
    until = models.DateTimeField()
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = fields.text()
    reviewed_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    review_note = fields.text()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["step"], condition=Q(state=ConfirmationState.ASKED), name="runs_one_open_confirmation"
            ),
            models.CheckConstraint(
                condition=Q(state__in=ConfirmationState.values), name="runs_confirmation_state"
            ),
            models.CheckConstraint(
                condition=~Q(state=ConfirmationState.CONFIRMED)
                | Q(answered_by__isnull=False) & ~Q(answered_by=F("asked_by")),
                name="runs_confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state=ConfirmationState.REVIEWED)
                | Q(reviewed_by__isnull=False) & ~Q(reviewed_by=F("asked_by")),
                name="runs_reviewed_by_another",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["state"],
                name="runs_confirmation_to_do",
                condition=Q(state__in=[ConfirmationState.ASKED, ConfirmationState.ALONE]),
            ),
        ]

    def __str__(self) -> str:
        return f"second person for {self.step}"

    @property
    def is_open(self) -> bool:
        return bool(self.state == ConfirmationState.ASKED)

    @property
    def verb(self) -> str:
        """What is asked for."""
        return "retry_from" if self.from_here else "retry"

    @property
    def was_alone(self) -> bool:
        return self.state in {ConfirmationState.ALONE, ConfirmationState.REVIEWED}

    @moves(CONFIRMATION_MOVES, "confirm")
    def confirm(self) -> None:
        self.answered_at = clock.now()

    @moves(CONFIRMATION_MOVES, "decide_alone")
    def decide_alone(self) -> None:
        self.answered_at = clock.now()

    @moves(CONFIRMATION_MOVES, "decline")
    def decline(self) -> None:
        self.answered_at = clock.now()

    @moves(CONFIRMATION_MOVES, "lapse")
    def lapse(self) -> None:
        self.answered_at = clock.now()

    @moves(CONFIRMATION_MOVES, "review")
    def review(self) -> None:
        self.reviewed_at = clock.now()
