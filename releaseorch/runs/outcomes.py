"""Steps of which nobody knows how they ended: what they began may still be at work."""

from django.db.models import OuterRef, QuerySet, Subquery

from releaseorch.runs.models import Attempt, DeploymentRun, Step
from releaseorch.runs.states import AttemptState, StepState


def unknown(run: DeploymentRun) -> QuerySet[Step]:
    """Those of the run on which nobody has decided yet: they stay open and hold their components."""
    last = Attempt.objects.filter(step=OuterRef("pk")).order_by("-number").values("state")[:1]
    undecided = run.steps.filter(state=StepState.NEEDS_DECISION)
    return undecided.annotate(ended_as=Subquery(last)).filter(ended_as=AttemptState.UNKNOWN)
