"""What people decided about a run and its steps, as lines that read like sentences, newest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, ngettext

from releaseorch.audit import queries as audit
from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.runs.models import Confirmation, Decision, DeploymentRun
from releaseorch.runs.states import DecisionKind
from releaseorch.web import times

LONGEST = 60
WITH_NAMES = ("actor", "confirmation__answered_by", "confirmation__reviewed_by")
OF_DECISIONS = (
    "kind", "at", "reason", "actor__name", "step__number", "confirmation__state",
    "confirmation__answered_by__name", "confirmation__reviewed_by__name",
)  # fmt: skip
SAID = {
    "run.created": gettext_lazy("composed the run"),
    "run.proposed": gettext_lazy("proposed the plan"),
    "run.slot_approved": gettext_lazy("approved"),
    "run.approved": gettext_lazy("approved, the last to be asked"),
    "run.sent_back": gettext_lazy("sent the plan back"),
    "run.handed_over": gettext_lazy("handed the plan over"),
    "run.rejected": gettext_lazy("rejected the run"),
    "run.unlocked": gettext_lazy("unlocked the plan"),
    "run.scheduled": gettext_lazy("scheduled the run"),
    "run.edited": gettext_lazy("changed title or window"),
    "run.replanned": gettext_lazy("computed the plan again"),
    "run.change_slot_approved": gettext_lazy("approved the changed plan"),
    "run.started": gettext_lazy("started the run"),
    "run.paused": gettext_lazy("paused the run"),
    "run.resumed": gettext_lazy("resumed the run"),
    "run.held_up": gettext_lazy("holds the run up"),
    "run.went_on": gettext_lazy("lets the run go on"),
    "run.let_finish": gettext_lazy("lets the run finish"),
    "run.stopped": gettext_lazy("stopped the run"),
    "run.cancelling": gettext_lazy("asked everything to stop"),
    "run.cancelled": gettext_lazy("cancelled the run"),
    "run.succeeded": gettext_lazy("ended the run: all succeeded"),
    "run.succeeded_with_exceptions": gettext_lazy("ended the run, with exceptions"),
}
WITHOUT_REQUEST = {
    "run.request_taken_out": gettext_lazy("took out request"),
    "run.request_left": gettext_lazy("left the run without request"),
}
WITH_STEP = {
    "run.fixed_forward": gettext_lazy("added the step “%(step)s”"),
    "run.change_approved": gettext_lazy("approved the added step “%(step)s”"),
    "run.change_declined": gettext_lazy("declined the added step “%(step)s”"),
    "run.change_withdrawn": gettext_lazy("took back the added step “%(step)s”"),
}
DECIDED = {
    DecisionKind.RETRY: gettext_lazy("tried step %(n)d again"),
    DecisionKind.SKIP: gettext_lazy("skipped step %(n)d"),
    DecisionKind.TAKE_OVER: gettext_lazy("took step %(n)d over by hand"),
    DecisionKind.MARK_DONE: gettext_lazy("said that step %(n)d is done"),
    DecisionKind.MARK_FAILED: gettext_lazy("said that step %(n)d failed for good"),
}


@dataclass(frozen=True)
class FeedLine:
    """Who did what when, and why; `request_id` and `step_id` are where it leads, or None."""

    at: datetime
    who: str
    did: str
    why: str = ""
    request_id: int | None = None
    step_id: int | None = None

    @property
    def day(self) -> str:
        """The day in words, empty for today."""
        today = timezone.localdate(clock.now())
        return "" if timezone.localdate(self.at) == today else times.stamp(self.at)[: -len(" 22:58")]


def feed_of(run: DeploymentRun) -> list[FeedLine]:
    """The newest lines of the run's events and its steps' decisions; two queries, one before it has started."""
    events = (_of_event(event) for event in audit.events_of("run", run.pk, LONGEST))
    lines = [line for line in events if line is not None]
    if run.started_at is not None:
        decisions = (
            Decision.objects.filter(step__run=run).select_related(*WITH_NAMES, "step").only(*OF_DECISIONS)
        )
        lines += [_of_decision(one) for one in decisions[:LONGEST]]
    return sorted(lines, key=lambda line: line.at, reverse=True)[:LONGEST]


def decisions_of(decisions: Iterable[Decision]) -> list[FeedLine]:
    """The decisions of one step; no query when their actors are read."""
    return [_of_decision(one) for one in decisions]


def _of_decision(one: Decision) -> FeedLine:
    did = str(DECIDED[DecisionKind(one.kind)]) % {"n": one.step.number}
    if one.confirmation is not None:
        did = f"{did}, {_second_person(one.confirmation)}"
    return FeedLine(one.at, one.actor.name, did, one.reason, step_id=one.step_id)


def _second_person(one: Confirmation) -> str:
    if not one.was_alone:
        return gettext("confirmed by %(who)s") % {"who": one.answered_by}
    if one.reviewed_by is None:
        return gettext("alone, not reviewed yet")
    return gettext("alone, reviewed by %(who)s") % {"who": one.reviewed_by}


def _of_event(event: Event) -> FeedLine | None:
    if event.verb in WITHOUT_REQUEST:
        number = event.after.get("request")
        return FeedLine(
            event.at, event.actor_name, str(WITHOUT_REQUEST[event.verb]), event.reason, request_id=number
        )
    if event.verb in WITH_STEP:
        did = str(WITH_STEP[event.verb]) % {"step": event.after.get("added", {}).get("title", "")}
        return FeedLine(event.at, event.actor_name, did, event.reason)
    if event.verb == "run.request_added":
        return _of_added(event)
    if event.verb == "run.plan_edited":
        return FeedLine(event.at, event.actor_name, str(event.after.get("what", "")), event.reason)
    said = SAID.get(event.verb)
    return FeedLine(event.at, event.actor_name, str(said), event.reason) if said else None


def _of_added(event: Event) -> FeedLine:
    added = event.after.get("requests", [])
    did = ngettext("added request", "added %(n)d requests", len(added)) % {"n": len(added)}
    return FeedLine(event.at, event.actor_name, did, request_id=added[0] if len(added) == 1 else None)
