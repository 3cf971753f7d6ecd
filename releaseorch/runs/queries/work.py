"""Whose move it is: in one run, and for one person over all runs."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, Team
from releaseorch.accounts.roles import Role
from releaseorch.catalog.states import StepKind
from releaseorch.runs import expectations, rights, waits
from releaseorch.runs.models import Confirmation, DeploymentRun, Step
from releaseorch.runs.queries import second_person
from releaseorch.runs.rows import WITH_NAMES
from releaseorch.runs.states import RunState, StepState
from releaseorch.waiting import ledger
from releaseorch.waiting.models import Blocker, Interval

PEOPLE_ACT = frozenset({StepState.NEEDS_DECISION, StepState.CLAIMED, StepState.PROPOSED})
# Of a step, what rights ask and pages say of it beside others'; of what it is joined with, whose it is.
SAID = (
    "run_id", "number", "key", "title", "kind", "state", "row_version", "decision_rules", "is_taken_over", "owner_id",
    "expected_s", "ready_at", "started_at", "ended_at", "team__name", "component__name", "component__application__name",
    "component__application__team__name",
)  # fmt: skip
CLOCKS = frozenset({Blocker.WINDOW, Blocker.FREEZE})  # nobody can take a step that waits for these


@dataclass(frozen=True)
class MustAct:
    """A step that stands still until a person acts: who, since when, whom to call, how many steps wait behind it."""

    step: Step
    who: str
    sentence: str
    since: datetime | None
    team: Team | None
    stands_still: int


@dataclass(frozen=True)
class WorkOfPerson:
    """What one person can do now, oldest first: go on with, take, decide.

    `asked`: decisions that went up to them and aren't theirs to take; `gone_up`: by step, the sentence why.
    `second`: what they confirm, or review, as the second person.
    """

    mine: list[Step]
    to_take: list[Step]
    to_decide: list[Step]
    asked: list[Step] = field(default_factory=list)
    gone_up: Mapping[int, str] = field(default_factory=dict)
    second: list[Confirmation] = field(default_factory=list)


def who_must_act(run: DeploymentRun) -> list[MustAct]:
    """Decisions first, then what most waits for; three queries."""
    steps = list(run.steps.select_related(*WITH_NAMES).order_by("number"))
    links = run.links.values_list("before_id", "after_id")
    open_waits = ledger.open_waits("step", [step.pk for step in steps])
    return must_act_of(steps, open_waits, expectations.held_up(steps, links))


def must_act_of(
    steps: Iterable[Step], open_waits: Mapping[int, Interval], held_up: Mapping[int, int]
) -> list[MustAct]:
    """The same from rows that were read already; no query."""
    found = []
    for step in steps:
        wait = open_waits.get(step.pk)
        if wait is not None and is_for_people(step) and wait.blocker_kind not in CLOCKS:
            found.append(
                MustAct(
                    step,
                    wait.blocker_name,
                    wait.sentence,
                    wait.started_at,
                    waits.team_of(step),
                    held_up[step.pk],
                )
            )
    return sorted(
        found,
        key=lambda one: (one.step.state != StepState.NEEDS_DECISION, -one.stands_still, one.step.number),
    )


def is_for_people(step: Step) -> bool:
    return step.state in PEOPLE_ACT or (step.state == StepState.READY and step.is_manual)


def work_of(person: Person, under_way: Collection[DeploymentRun]) -> WorkOfPerson:
    """Steps of these runs that this person has taken, may take, may decide on, or is asked about; five queries."""
    runs = {run.pk: run for run in under_way}
    begins = [run.pk for run in under_way if run.state == RunState.RUNNING and not run.is_past_bound]
    by_hand = Q(kind=StepKind.MANUAL) | Q(is_taken_over=True)
    steps = list(
        Step.objects.filter(
            Q(state=StepState.NEEDS_DECISION)
            | Q(state=StepState.CLAIMED, owner=person)
            | Q(by_hand, state=StepState.READY, run__in=begins),
            run__in=list(runs),
        )
        .select_related("team", "component__application__team")
        .prefetch_related("owner")
        .only(*SAID)
        .order_by("ready_at", "id")
    )
    for step in steps:
        step.run = runs[step.run_id]
    waiting = [step for step in steps if step.state == StepState.NEEDS_DECISION]
    ready = [step for step in steps if step.state == StepState.READY]
    second = second_person.wanted_of(person) if _may_decide_somewhere(person) else []
    confirms = {one.step_id for one in second if one.is_open}
    to_decide = [step for step in _to_decide(person, waiting) if step.pk not in confirms]
    gone_up = _gone_up(person, waiting)
    known = {step.pk for step in to_decide}
    return WorkOfPerson(
        mine=[step for step in steps if step.state == StepState.CLAIMED],
        to_take=[step for step in ready if not rights.why_not_take(person, step)],
        to_decide=to_decide,
        asked=[step for step in waiting if step.pk in gone_up and step.pk not in known | confirms],
        gone_up=gone_up,
        second=second,
    )


def held_up_runs(person: Person, under_way: Iterable[DeploymentRun]) -> list[DeploymentRun]:
    """Those of them past their window or in a freeze that this person may let finish, the longest first; no query."""
    held_up = [
        (run.held_up_since, run.pk, run)
        for run in under_way
        if run.state == RunState.RUNNING and run.held_up_since is not None
    ]
    return [
        run
        for *_since, run in sorted(held_up)
        if not policy.why_not(person, "run.finish", rights.scope_of_run(run))
    ]


def _to_decide(person: Person, waiting: Iterable[Step]) -> list[Step]:
    if not _may_decide_somewhere(person):
        return []
    return [step for step in waiting if not rights.why_not_decide(person, step)]


def _may_decide_somewhere(person: Person) -> bool:
    return any(grant.role in {Role.OPERATOR, Role.RELEASE_MANAGER} for grant in policy.grants_of(person))


def _gone_up(person: Person, waiting: Iterable[Step]) -> dict[int, str]:
    """The newest sentence for whoever is asked besides: themselves, their team, or a role with which they decide."""
    steps, teams = {step.pk: step for step in waiting}, policy.team_ids(person)
    found: dict[int, str] = {}
    for one in ledger.asked_besides("step", steps):
        is_asked = (
            (one.blocker_kind == Blocker.PERSON and one.blocker_id == person.pk)
            or (one.blocker_kind == Blocker.TEAM and one.blocker_id in teams)
            or (
                one.blocker_kind == Blocker.ROLE
                and _has_role(person, one.blocker_name, steps[one.subject_id])
            )
        )
        if is_asked:
            found.setdefault(one.subject_id, one.sentence)
    return found


def _has_role(person: Person, label: str, step: Step) -> bool:
    return any(
        str(role.label) == label and policy.has_role(person, [role], rights.scope_of_step(step, step.run))
        for role in Role
    )
