"""States of runs, steps and attempts: one table each (verb → sources, target).

The transition methods of the models and the guarded statements of the store are both made from these tables.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from releaseorch.core.looks import Look, register
from releaseorch.core.transitions import Move, move


class RunState(models.TextChoices):
    DRAFT = "draft", _("draft")
    PROPOSED = "proposed", _("proposed")
    APPROVED = "approved", _("approved")
    SCHEDULED = "scheduled", _("scheduled")
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    CANCELLING = "cancelling", _("being cancelled")
    SUCCEEDED = "succeeded", _("succeeded")
    SUCCEEDED_WITH_EXCEPTIONS = "succeeded_with_exceptions", _("succeeded with exceptions")
    STOPPED = "stopped", _("stopped")
    REJECTED = "rejected", _("rejected")
    CANCELLED = "cancelled", _("cancelled")


class StepState(models.TextChoices):
    PROPOSED = "proposed", _("waits for approval")
    PENDING = "pending", _("not started")
    READY = "ready", _("ready")
    CLAIMED = "claimed", _("taken")
    RUNNING = "running", _("running")
    NEEDS_DECISION = "needs_decision", _("needs a decision")
    SUCCEEDED = "succeeded", _("succeeded")
    SKIPPED = "skipped", _("skipped")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    NOT_NEEDED = "not_needed", _("not needed")


class AttemptState(models.TextChoices):
    RUNNING = "running", _("running")
    SUCCEEDED = "succeeded", _("succeeded")
    FAILED = "failed", _("failed")
    ERRORED = "errored", _("could not be run")
    UNKNOWN = "unknown", _("outcome unknown")
    CANCELLED = "cancelled", _("cancelled")


class DecisionKind(models.TextChoices):
    """What a person chose for a step that needs a decision."""

    RETRY = "retry", _("retry")
    SKIP = "skip", _("skip")
    TAKE_OVER = "take_over", _("take over by hand")
    MARK_DONE = "mark_done", _("done by hand")
    MARK_FAILED = "mark_failed", _("failed for good")


class ConfirmationState(models.TextChoices):
    """How a second person answered whoever wants to try again what nobody knows the outcome of."""

    ASKED = "asked", _("waits for a second person")
    CONFIRMED = "confirmed", _("confirmed")
    ALONE = "alone", _("decided alone")
    REVIEWED = "reviewed", _("decided alone, reviewed")
    DECLINED = "declined", _("declined")
    LAPSED = "lapsed", _("lapsed")


R, S, A, C = RunState, StepState, AttemptState, ConfirmationState

RUN_BEFORE_START = frozenset({R.DRAFT, R.PROPOSED, R.APPROVED, R.SCHEDULED})
RUN_ACTIVE = frozenset({R.RUNNING, R.PAUSED, R.CANCELLING})
RUN_FINAL = frozenset({R.SUCCEEDED, R.SUCCEEDED_WITH_EXCEPTIONS, R.STOPPED, R.REJECTED, R.CANCELLED})

STEP_FINAL = frozenset({S.SUCCEEDED, S.SKIPPED, S.FAILED, S.CANCELLED, S.NOT_NEEDED})
# What lets the successors go on; cancelled counts only for a step that was dropped with its request.
STEP_PASSED = frozenset({S.SUCCEEDED, S.SKIPPED, S.NOT_NEEDED})
STEP_OPEN = frozenset({S.PROPOSED, S.PENDING, S.READY, S.CLAIMED, S.RUNNING, S.NEEDS_DECISION})
STEP_STARTED = frozenset(S) - {S.PROPOSED, S.PENDING, S.READY, S.CANCELLED, S.NOT_NEEDED}

ATTEMPT_FINAL = frozenset({A.SUCCEEDED, A.FAILED, A.ERRORED, A.UNKNOWN, A.CANCELLED})

RUN_MOVES: dict[str, Move] = {
    "propose": move(R.PROPOSED, R.DRAFT),
    "approve": move(R.APPROVED, R.PROPOSED),
    "send_back": move(R.DRAFT, R.PROPOSED),
    "reject": move(R.REJECTED, R.PROPOSED),
    "unlock": move(R.DRAFT, R.PROPOSED, R.APPROVED, R.SCHEDULED),
    "schedule": move(R.SCHEDULED, R.APPROVED),
    "start": move(R.RUNNING, R.APPROVED, R.SCHEDULED),
    "pause": move(R.PAUSED, R.RUNNING),
    "resume": move(R.RUNNING, R.PAUSED),
    "succeed": move(R.SUCCEEDED, R.RUNNING),
    "succeed_with_exceptions": move(R.SUCCEEDED_WITH_EXCEPTIONS, R.RUNNING),
    "stop": move(R.STOPPED, R.RUNNING, R.PAUSED),
    "cancel": move(R.CANCELLED, *sorted(RUN_BEFORE_START)),
    "begin_cancel": move(R.CANCELLING, R.RUNNING, R.PAUSED),
    "finish_cancel": move(R.CANCELLED, R.CANCELLING),
}

STEP_MOVES: dict[str, Move] = {
    "accept": move(S.PENDING, S.PROPOSED),  # added to a run under way, and approved by now
    "wait_again": move(S.PENDING, S.READY),  # another one was added before it
    "become_ready": move(S.READY, S.PENDING),
    "claim": move(S.RUNNING, S.READY),  # a worker
    "take": move(S.CLAIMED, S.READY),  # a person
    "hand_back": move(S.READY, S.CLAIMED),
    "succeed": move(S.SUCCEEDED, S.RUNNING, S.CLAIMED),
    "need_decision": move(S.NEEDS_DECISION, S.RUNNING, S.CLAIMED),
    "reattach": move(S.RUNNING, S.RUNNING),  # another worker goes on with the same attempt
    "requeue": move(S.READY, S.RUNNING),
    "back_off": move(S.READY, S.RUNNING),  # tried again by a machine, later
    "stop_retrying": move(S.NEEDS_DECISION, S.READY),  # a person doesn't wait for that
    "retry": move(S.READY, S.NEEDS_DECISION),
    "take_over": move(S.CLAIMED, S.NEEDS_DECISION),
    "mark_done": move(S.SUCCEEDED, S.NEEDS_DECISION),
    "skip": move(S.SKIPPED, S.NEEDS_DECISION),
    "mark_failed": move(S.FAILED, S.NEEDS_DECISION),
    "cancel": move(S.CANCELLED, S.PROPOSED, S.PENDING, S.READY, S.CLAIMED, S.NEEDS_DECISION),
    "confirm_cancel": move(S.CANCELLED, S.RUNNING),
    # Again from an earlier step: what came after it waits once more, also what was over.
    "repeat": move(S.PENDING, S.READY, S.NEEDS_DECISION, S.SUCCEEDED, S.SKIPPED, S.FAILED),
}

CONFIRMATION_MOVES: dict[str, Move] = {
    "confirm": move(C.CONFIRMED, C.ASKED),
    "decide_alone": move(C.ALONE, C.ASKED),
    "decline": move(C.DECLINED, C.ASKED),
    "lapse": move(C.LAPSED, C.ASKED),
    "review": move(C.REVIEWED, C.ALONE),
}

ATTEMPT_MOVES: dict[str, Move] = {
    "succeed": move(A.SUCCEEDED, A.RUNNING),
    "fail": move(A.FAILED, A.RUNNING),
    "error": move(A.ERRORED, A.RUNNING),
    "lose": move(A.UNKNOWN, A.RUNNING),
    "cancel": move(A.CANCELLED, A.RUNNING),
}

register(
    RunState,
    {
        R.DRAFT: Look(_("Draft"), "draft", "draft"),
        R.PROPOSED: Look(_("Waits for approval"), "person", "person"),
        R.APPROVED: Look(_("Approved"), "approved", "succeeded"),
        R.SCHEDULED: Look(_("Scheduled"), "scheduled", "scheduled"),
        R.RUNNING: Look(_("Running"), "running", "running"),
        R.PAUSED: Look(_("Paused"), "warn", "scheduled"),
        R.CANCELLING: Look(_("Being cancelled"), "warn", "cancelled"),
        R.SUCCEEDED: Look(_("Succeeded"), "succeeded", "succeeded"),
        R.SUCCEEDED_WITH_EXCEPTIONS: Look(_("Succeeded with exceptions"), "warn", "warn"),
        R.STOPPED: Look(_("Stopped"), "failed", "failed"),
        R.REJECTED: Look(_("Rejected"), "blocked", "blocked"),
        R.CANCELLED: Look(_("Cancelled"), "cancelled", "cancelled"),
    },
)
register(
    StepState,
    {
        S.PROPOSED: Look(_("Waits for approval"), "person", "person"),
        S.PENDING: Look(_("Not started"), "pending", "pending"),
        S.READY: Look(_("Ready"), "scheduled", "scheduled"),
        S.CLAIMED: Look(_("Taken"), "person", "person"),
        S.RUNNING: Look(_("Running"), "running", "running"),
        S.NEEDS_DECISION: Look(_("Needs a decision"), "decide", "decide"),
        S.SUCCEEDED: Look(_("Succeeded"), "succeeded", "succeeded"),
        S.SKIPPED: Look(_("Skipped"), "skipped", "skipped"),
        S.FAILED: Look(_("Failed"), "failed", "failed"),
        S.CANCELLED: Look(_("Cancelled"), "cancelled", "cancelled"),
        S.NOT_NEEDED: Look(_("Not needed"), "not-needed", "not-needed"),
    },
)
register(
    AttemptState,
    {
        A.RUNNING: Look(_("Running"), "running", "running"),
        A.SUCCEEDED: Look(_("Succeeded"), "succeeded", "succeeded"),
        A.FAILED: Look(_("Failed"), "failed", "failed"),
        A.ERRORED: Look(_("Could not be run"), "errored", "errored"),
        A.UNKNOWN: Look(_("Outcome unknown"), "unknown", "unknown"),
        A.CANCELLED: Look(_("Cancelled"), "cancelled", "cancelled"),
    },
)
register(
    ConfirmationState,
    {
        C.ASKED: Look(_("Waits for a second person"), "person", "person"),
        C.CONFIRMED: Look(_("Confirmed"), "approved", "succeeded"),
        C.ALONE: Look(_("Decided alone"), "warn", "warn"),
        C.REVIEWED: Look(_("Decided alone, reviewed"), "approved", "succeeded"),
        C.DECLINED: Look(_("Declined"), "blocked", "blocked"),
        C.LAPSED: Look(_("Lapsed"), "cancelled", "cancelled"),
    },
)
