"""Invariant 20 as a query: whatever isn't over waits for exactly one next actor, and what is over for none."""

from collections import defaultdict
from itertools import pairwise

from releaseorch.audit.models import Event
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import REQUEST_FINAL
from releaseorch.runs.models import Confirmation, DeploymentRun, Step
from releaseorch.runs.states import RUN_ACTIVE, RUN_FINAL, ConfirmationState, StepState
from releaseorch.waiting.models import Interval

# A step that hasn't begun waits for the steps before it, which its run shows.
WAITING_STEPS = frozenset(
    {StepState.PROPOSED, StepState.READY, StepState.CLAIMED, StepState.RUNNING, StepState.NEEDS_DECISION}
)


def waiting() -> set[tuple[str, int]]:
    """Everything that needs a next actor; runs count when they were composed, not when a test only needs a row."""
    composed = Event.objects.filter(verb="run.created").values_list("subject_id", flat=True)
    runs = DeploymentRun.objects.filter(pk__in=composed).exclude(state__in=RUN_FINAL)
    steps = Step.objects.filter(run__in=composed, run__state__in=RUN_ACTIVE, state__in=WAITING_STEPS)
    requests = DeploymentRequest.objects.exclude(state__in=REQUEST_FINAL)
    asked = Confirmation.objects.filter(state=ConfirmationState.ASKED)
    return {
        *(("confirmation", pk) for pk in asked.values_list("pk", flat=True)),
        *(("request", pk) for pk in requests.values_list("pk", flat=True)),
        *(("run", pk) for pk in runs.values_list("pk", flat=True)),
        *(("step", pk) for pk in steps.values_list("pk", flat=True)),
    }


def orphans() -> list[str]:
    """A sentence for each subject that waits for nobody, still waits though it is over, or waits for two at once."""
    intervals = defaultdict(list)
    for one in Interval.objects.filter(is_primary=True).order_by("id"):
        intervals[one.subject_kind, one.subject_id].append(one)
    open_now = {
        subject for subject, waits in intervals.items() if any(wait.ended_at is None for wait in waits)
    }
    wanted = waiting()
    found = [f"{kind} {pk} waits for nobody" for kind, pk in sorted(wanted - open_now)]
    found += [f"{kind} {pk} is over and still waits" for kind, pk in sorted(open_now - wanted)]
    for (kind, pk), waits in intervals.items():
        for earlier, later in pairwise(waits):
            if earlier.ended_at is None or earlier.ended_at > later.started_at:
                found.append(
                    f"{kind} {pk} waits for {earlier.blocker_name} and for {later.blocker_name} at once"
                )
    found += [
        f"{one.subject_kind} {one.subject_id} waits for somebody without a name"
        for one in Interval.objects.filter(ended_at=None)
        if not (one.blocker_name.strip() and one.sentence.strip())
    ]
    return found
