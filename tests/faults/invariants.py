"""What must hold over the rows of all runs at every moment; `broken()` names each row that breaks it."""

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Count, Max

from releaseorch.audit.models import Event
from releaseorch.catalog.states import StepKind
from releaseorch.delivery.models import Approval, PlanChange
from releaseorch.delivery.states import ChangeState
from releaseorch.environments.models import Environment, Installation
from releaseorch.runs import limits
from releaseorch.runs.models import Attempt, Confirmation, Decision, DeploymentRun, RunTarget, Step, StepLink
from releaseorch.runs.states import (
    RUN_ACTIVE,
    RUN_FINAL,
    STEP_FINAL,
    STEP_OPEN,
    STEP_PASSED,
    AttemptState,
    ConfirmationState,
    DecisionKind,
    StepState,
)
from releaseorch.waiting.models import Interval

WAITING_STEPS = frozenset(
    {StepState.PROPOSED, StepState.READY, StepState.CLAIMED, StepState.RUNNING, StepState.NEEDS_DECISION}
)


def broken() -> list[str]:
    return [
        *_attempts(), *_order(), *_ends(), *_unknown(), *_waits(), *_targets(), *_starts(), *_second(), *_inventory(),
        *_places(), *_alone(), *_changed(),
    ]  # fmt: skip


def _attempts() -> Iterator[str]:
    """1 and 2: one active attempt where somebody works, none elsewhere, with the step's present token."""
    active = defaultdict(list)
    for attempt in Attempt.objects.filter(state=AttemptState.RUNNING):
        active[attempt.step_id].append(attempt)
    for step in Step.objects.all():
        found = active[step.pk]
        wanted = 1 if step.state in {StepState.RUNNING, StepState.CLAIMED} else 0
        if len(found) != wanted:
            yield f"{step} is {step.state} with {len(found)} active attempts"
        if any(attempt.token != step.token for attempt in found):
            yield f"{step}: its attempt holds another token"
        if any((attempt.person_id is None) != (step.state == StepState.RUNNING) for attempt in found):
            yield f"{step} is {step.state}, but not by whom its attempt says"


def _order() -> Iterator[str]:
    """8: nothing begins before everything it waits for is over, dropped steps passed through."""
    steps = {step.pk: step for step in Step.objects.all()}
    before = defaultdict(list)
    for first, second in StepLink.objects.values_list("before_id", "after_id"):
        before[second].append(first)

    def is_passed(pk: int) -> bool:
        if steps[pk].state == StepState.CANCELLED:
            return all(is_passed(earlier) for earlier in before[pk])
        return steps[pk].state in STEP_PASSED

    for pk, step in steps.items():
        waits_for = sum(not is_passed(earlier) for earlier in before[pk])
        is_begun = step.state in WAITING_STEPS - {StepState.PROPOSED} | STEP_PASSED - {StepState.NOT_NEEDED}
        if is_begun and waits_for:
            yield f"{step} is {step.state} before what it waits for is over"
        if (
            step.run.state in RUN_ACTIVE
            and step.state in {StepState.PROPOSED, StepState.PENDING}
            and step.open_predecessors != waits_for
        ):
            yield f"{step} counts {step.open_predecessors} open predecessors, there are {waits_for}"
        if step.run.state in RUN_ACTIVE and step.state == StepState.PENDING and not waits_for:
            yield f"{step} waits for nothing and isn't ready"


def _ends() -> Iterator[str]:
    for run in DeploymentRun.objects.filter(state__in=RUN_FINAL):
        if run.steps.filter(state__in=STEP_OPEN).exists():
            yield f"{run} is {run.state} with open steps"
    for run in DeploymentRun.objects.filter(state__in=["running", "cancelling"]):
        if not run.steps.filter(state__in=STEP_OPEN).exists():
            yield f"{run} is {run.state} with nothing open"
    for step in Step.objects.filter(state__in=STEP_FINAL - {StepState.NOT_NEEDED}, ended_at=None):
        yield f"{step} is {step.state} without an end"


def _unknown() -> Iterator[str]:
    """5 and 11: an outcome that nobody knew was decided on by a person before its step was over."""
    decided = set(Decision.objects.values_list("attempt_id", flat=True))
    for attempt in Attempt.objects.filter(state=AttemptState.UNKNOWN).exclude(pk__in=decided):
        if attempt.step.state != StepState.NEEDS_DECISION:
            yield f"{attempt.step} is {attempt.step.state}, though nobody decided on its unknown outcome"


def _waits() -> Iterator[str]:
    """20: whatever isn't over has exactly one next actor, and what is over has none."""
    open_waits = set(
        Interval.objects.filter(ended_at=None, is_primary=True).values_list("subject_kind", "subject_id")
    )
    wanted = {
        ("run", pk) for pk in DeploymentRun.objects.filter(state__in=RUN_ACTIVE).values_list("pk", flat=True)
    }
    wanted |= {
        ("step", pk) for pk in Step.objects.filter(state__in=WAITING_STEPS).values_list("pk", flat=True)
    }
    asked = Confirmation.objects.filter(state=ConfirmationState.ASKED)
    wanted |= {("confirmation", pk) for pk in asked.values_list("pk", flat=True)}
    # What a run waits for before its start is another story.
    unstarted = DeploymentRun.objects.exclude(state__in=[*RUN_ACTIVE, *RUN_FINAL]).values_list(
        "pk", flat=True
    )
    kinds = {"run", "step", "confirmation"}
    ours = {wait for wait in open_waits if wait[0] in kinds} - {("run", pk) for pk in unstarted}
    for kind, pk in sorted(wanted - ours):
        yield f"{kind} {pk} waits for nobody"
    for kind, pk in sorted(ours - wanted):
        yield f"{kind} {pk} is over and still waits"


def _targets() -> Iterator[str]:
    """14: what a run still has to touch is held by it, and by nobody once the run is through with it."""
    for target in RunTarget.objects.select_related("run", "component"):
        has_open = target.run.steps.filter(component=target.component, state__in=STEP_OPEN).exists()
        if target.is_active != (target.run.state in RUN_ACTIVE and has_open):
            yield f"{target} is {'' if target.is_active else 'not '}held while the run is {target.run.state}"
    twice = (
        RunTarget.objects.filter(is_active=True).values("environment", "component").annotate(held=Count("id"))
    )
    for row in twice.filter(held__gt=1):
        yield f"held twice: {row}"


def _starts() -> Iterator[str]:
    """5: one start more for each retry of a person, or of a machine after an attempt that is known to have failed."""
    for step in Step.objects.filter(kind=StepKind.AUTOMATED):
        begun = step.attempts.filter(effect_started_at__isnull=False, person=None).count()
        retries = Decision.objects.filter(step=step, kind=DecisionKind.RETRY).count()
        backed_off = Event.objects.filter(verb="step.backed_off", subject_id=step.pk).values_list(
            "after", flat=True
        )
        if begun > 1 + retries + len(backed_off):
            yield f"{step} was begun {begun} times with {retries} retries and {len(backed_off)} of machines"
        numbers = [after["attempt"] for after in backed_off]
        known = step.attempts.filter(
            number__in=numbers, state__in=[AttemptState.FAILED, AttemptState.ERRORED]
        )
        if known.count() != len(set(numbers)) or len(numbers) != len(set(numbers)):
            yield f"{step} was tried again by a machine after {numbers}, not all of which are known to have failed"


def _second() -> Iterator[str]:
    """10: on a protected environment nothing of unknown outcome was tried again by one person alone, unmarked."""
    retries = Decision.objects.filter(kind=DecisionKind.RETRY, attempt__state=AttemptState.UNKNOWN)
    allowed = [ConfirmationState.CONFIRMED, ConfirmationState.ALONE, ConfirmationState.REVIEWED]
    for one in retries.filter(step__run__environment__is_protected=True):
        if one.confirmation is None or one.confirmation.state not in allowed:
            yield f"{one.step} was tried again by {one.actor} without a second person"
    for one in Confirmation.objects.filter(state=ConfirmationState.ASKED).select_related("step__run"):
        if one.step.run.state in RUN_FINAL or one.step.token != one.token:
            yield f"{one} is asked, though it was decided otherwise"


def _places() -> Iterator[str]:
    """No more steps at work than a limit allows, unless it was lowered after the last of them had begun."""
    at_work = Step.objects.filter(state=StepState.RUNNING)
    for environment in Environment.objects.filter(pk__in=at_work.values("run__environment")):
        there = limits.candidates(limits.at_work_in(environment.pk))
        for place, limit in limits.limits_in(environment).items():
            taken = [one.id for one in there if place in one.places(environment.pk)]
            if len(taken) <= limit.at_most:
                continue
            changed = Event.objects.filter(
                subject_kind=limit.kind, subject_id=limit.id, after__has_key="steps_at_once"
            ).aggregate(Max("id"))["id__max"]
            if Event.objects.filter(verb="step.claimed", subject_id__in=taken, pk__gt=changed or 0).exists():
                yield f"{limit.name}: {len(taken)} steps at work, {limit.at_most} allowed"


def _alone() -> Iterator[str]:
    """14: beside a run that demands the whole environment no other is under way there."""
    active = DeploymentRun.objects.filter(state__in=RUN_ACTIVE)
    for run in active.filter(is_exclusive=True):
        if active.filter(environment=run.environment).count() > 1:
            yield f"{run} has {run.environment} for itself, and is not alone there"


def _changed() -> Iterator[str]:
    """12: what was added to a run under way begins only when others have approved it."""
    waiting = dict(
        PlanChange.objects.filter(state=ChangeState.PROPOSED, run__state__in=RUN_ACTIVE).values_list(
            "run", "key"
        )
    )
    for step in Step.objects.filter(state=StepState.PROPOSED):
        if waiting.get(step.run_id) != step.key:
            yield f"{step} waits for approval, and nobody is asked"
        if step.attempts.exists():
            yield f"{step} was begun before it was approved"
    for one in PlanChange.objects.exclude(state=ChangeState.APPROVED).filter(run__state__in=RUN_ACTIVE):
        begun = Step.objects.filter(run=one.run_id, key=one.key).exclude(state=StepState.PROPOSED)
        if begun.exclude(state=StepState.CANCELLED).exists():
            yield f"“{one}” is {one.state}, and its step is there all the same"
    for one in PlanChange.objects.filter(state=ChangeState.APPROVED):
        given = Approval.objects.filter(
            run=one.run_id, round=one.round, digest=one.digest, verdict="approved"
        )
        if not given.exists() or given.filter(approver=one.proposed_by_id).exists():
            yield f"“{one}” was approved by nobody else"


def _inventory() -> Iterator[str]:
    rows = Installation.objects.filter(until=None).values("component", "environment", "target")
    for row in rows.annotate(open=Count("id")).filter(open__gt=1):
        yield f"two open rows: {row}"
