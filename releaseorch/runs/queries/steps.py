"""One step with everything that happened to it, and what a person must see before deciding."""

from dataclasses import dataclass

from releaseorch.accounts.models import Team
from releaseorch.runs import expectations, waits
from releaseorch.runs.models import Attempt, Decision, Evidence, Step
from releaseorch.runs.queries.logs import log_tail
from releaseorch.runs.rows import WITH_NAMES
from releaseorch.waiting import ledger
from releaseorch.waiting.models import Interval

LAST_LINES = 20
CONFIRMED = ("confirmation__answered_by", "confirmation__reviewed_by")


@dataclass(frozen=True)
class StepDetail:
    """A step, its attempts (oldest first), decisions and evidence, and what it waits for."""

    step: Step
    attempts: list[Attempt]
    decisions: list[Decision]
    evidence: list[Evidence]
    wait: Interval | None


@dataclass(frozen=True)
class DecisionEvidence:
    """What is known about the last attempt (host, pid, last heartbeat, external id and late report stand on it),
    its last log lines, whom to call, and how many steps stand still meanwhile."""

    attempt: Attempt | None
    last_lines: str
    team: Team | None
    stands_still: int
    tries: int


def step_detail(step_id: int) -> StepDetail:
    """Five queries; raises `Step.DoesNotExist`."""
    step = Step.objects.select_related(*WITH_NAMES, "run__environment").get(pk=step_id)
    return StepDetail(
        step=step,
        attempts=list(step.attempts.select_related("person").order_by("number")),
        decisions=list(step.decisions.select_related("actor", "step", *CONFIRMED)),
        evidence=list(step.evidence.select_related("person")),
        wait=ledger.open_waits("step", [step.pk]).get(step.pk),
    )


def decision_evidence(step: Step) -> DecisionEvidence:
    """Four queries."""
    attempts = list(step.attempts.select_related("person").order_by("number"))
    last = attempts[-1] if attempts else None
    steps = list(step.run.steps.only("id", "state"))
    held_up = expectations.held_up(steps, step.run.links.values_list("before_id", "after_id"))
    return DecisionEvidence(
        attempt=last,
        last_lines=log_tail(last, LAST_LINES) if last else "",
        team=waits.team_of(step),
        stands_still=held_up.get(step.pk, 0),
        tries=len(attempts),
    )
