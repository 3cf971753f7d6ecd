"""What happened to a step and is kept for ever: attempts with their logs, decisions, evidence, comments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django_fsm import FSMField

from releaseorch.accounts.models import Person
from releaseorch.core import clock, fields
from releaseorch.core.models import StatefulModel
from releaseorch.core.transitions import moves
from releaseorch.runs.models.run import DeploymentRun
from releaseorch.runs.models.step import Step
from releaseorch.runs.states import ATTEMPT_MOVES, AttemptState, DecisionKind


@dataclass(frozen=True)
class LateReport:
    """What a worker said when its attempt was over already; it changed nothing, but whoever decides must see it."""

    state: AttemptState
    reason: str
    exit_code: int | None
    at: datetime

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "LateReport":
        state, at = AttemptState(kept["outcome"]), datetime.fromisoformat(kept["at"])
        return cls(state, kept["reason"], kept["exit_code"], at)


class Attempt(StatefulModel):
    """One try of one step; running → succeeded | failed | errored | unknown | cancelled, never changed afterwards.

    `lease_until` and `heartbeat_at` are database time. `effect_started_at` is the intent: committed before the
    first effect outside, so an attempt without it provably did nothing. Of one whose lease is over workers
    are asked what became of it: `asks` times so far, last at `asked_at` (database time, too).
    """

    step = models.ForeignKey(Step, models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    token = models.PositiveIntegerField()
    state = FSMField(
        max_length=10, choices=AttemptState.choices, default=AttemptState.RUNNING, protected=True
    )
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    started_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    effect_started_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    asks = models.PositiveIntegerField(default=0, db_default=0)
    host = models.CharField(max_length=200, blank=True, default="")
    boot_id = models.CharField(max_length=64, blank=True, default="")
    pid = models.PositiveIntegerField(null=True, blank=True)
    external_id = models.CharField(max_length=300, blank=True, default="")
    exit_code = models.IntegerField(null=True, blank=True)
    reason = models.TextField(blank=True, default="")
    outputs = models.JSONField(default=dict, blank=True)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    late_report = models.JSONField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["step", "number"], name="runs_attempt_number"),
            models.UniqueConstraint(
                fields=["step"], condition=Q(state=AttemptState.RUNNING), name="runs_one_active_attempt"
            ),
            models.CheckConstraint(condition=Q(state__in=AttemptState.values), name="runs_attempt_state"),
            models.CheckConstraint(
                condition=Q(state=AttemptState.RUNNING) | Q(ended_at__isnull=False), name="runs_attempt_ended"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["lease_until"], name="runs_attempt_lease", condition=Q(state=AttemptState.RUNNING)
            ),
            models.Index(fields=["person"], name="runs_attempt_person", condition=Q(person__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number}"

    @property
    def late(self) -> LateReport | None:
        """What was reported after the attempt was over."""
        return LateReport.of(self.late_report) if self.late_report else None

    @moves(ATTEMPT_MOVES, "succeed")
    def succeed(self) -> None:
        pass

    @moves(ATTEMPT_MOVES, "fail")
    def fail(self) -> None:
        pass

    @moves(ATTEMPT_MOVES, "error")
    def error(self) -> None:
        pass

    @moves(ATTEMPT_MOVES, "lose")
    def lose(self) -> None:
        pass

    @moves(ATTEMPT_MOVES, "cancel")
    def cancel(self) -> None:
        pass


class LogChunk(models.Model):
    """At most 64 KB of an attempt's log, redacted before it came here; what no chunk covers was not kept."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="chunks")
    offset = models.PositiveBigIntegerField()
    data = models.BinaryField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering: ClassVar = ["offset"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["attempt", "offset"], name="runs_log_offset_once"),
        ]

    def __str__(self) -> str:
        return f"log of {self.attempt_id} at {self.offset}"

    @classmethod
    def end_of(cls, attempt_id: int) -> int:
        """How long the log is by now, in bytes, whether or not all of it is kept."""
        found = cls.objects.filter(attempt_id=attempt_id).order_by("-offset")
        last = found.annotate(size=Length("data")).values_list("offset", "size").first()
        return last[0] + last[1] if last else 0


class Decision(models.Model):
    """What a person chose for a step that needed a decision, and why; insert only.

    `confirmation` is what a second person was asked first, where one was.
    """

    step = models.ForeignKey(Step, models.CASCADE, related_name="decisions")
    attempt = models.ForeignKey(Attempt, models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=20, choices=DecisionKind)
    reason = fields.text()
    actor = models.ForeignKey(Person, models.PROTECT, related_name="+")
    confirmation = models.ForeignKey(
        "runs.Confirmation", models.PROTECT, null=True, blank=True, related_name="decisions"
    )
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reason=""), name="runs_decision_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.step}"


class Evidence(models.Model):
    """What a person put down when a step was done or failed: a note, a link, a file."""

    step = models.ForeignKey(Step, models.CASCADE, related_name="evidence")
    attempt = models.ForeignKey(Attempt, models.PROTECT, null=True, blank=True, related_name="+")
    note = fields.text()
    url = fields.link()
    file = models.FileField(upload_to="%Y/%m/", blank=True, default="")
    file_name = fields.name(blank=True, default="")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return f"evidence of {self.step}"


class Comment(models.Model):
    """What people of a run tell each other."""

    run = models.ForeignKey(DeploymentRun, models.CASCADE, related_name="comments")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    text = fields.text(blank=False)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.person} on run {self.run_id}"
