"""The step that somebody adds to a run under way: what is open, what it waits for, and what would be different."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.accounts.roles import Role
from releaseorch.core.errors import Conflict
from releaseorch.core.transitions import go
from releaseorch.delivery import approvals
from releaseorch.delivery.approvals import SlotView
from releaseorch.delivery.models import PlanChange
from releaseorch.delivery.states import ChangeState
from releaseorch.runs import plans
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import RUN_FINAL, RunState, StepState
from releaseorch.waiting.ledger import WaitsFor
from releaseorch.waiting.models import Blocker

UNDER_WAY = frozenset({RunState.RUNNING, RunState.PAUSED})


@dataclass(frozen=True)
class Neighbour:
    """A step beside the added one."""

    step: Step
    comes_first: bool


@dataclass(frozen=True)
class ChangeView:
    """A change with the step it adds (None once that is gone), the steps beside it, and its approval slots."""

    change: PlanChange
    step: Step | None
    neighbours: tuple[Neighbour, ...]
    slots: tuple[SlotView, ...]


def open_change(run: DeploymentRun) -> PlanChange | None:
    """What waits for approval in this run, with who added it; one query."""
    found = (
        PlanChange.objects.filter(run=run, state=ChangeState.PROPOSED).select_related("proposed_by").first()
    )
    if found is not None:
        found.run = run
    return found


def open_changes() -> list[PlanChange]:
    """Over all runs under way, oldest first; one query."""
    rows = PlanChange.objects.filter(state=ChangeState.PROPOSED, run__state__in=sorted(UNDER_WAY))
    return list(rows.prefetch_related("run", "proposed_by").order_by("proposed_at", "pk"))


def view_of(change: PlanChange) -> ChangeView:
    """Seven queries."""
    step = (
        change.run.steps.select_related("component", "version", "target", "team")
        .filter(key=change.key)
        .first()
    )
    before, after = change.content.get("before", []), change.content.get("after", [])
    rows = change.run.steps.filter(key__in=[*before, *after]).order_by("number")
    neighbours = tuple(Neighbour(row, row.key in after) for row in rows)
    return ChangeView(change, step, neighbours, tuple(slots_of(change)))


def changes_of(run: DeploymentRun) -> list[PlanChange]:
    """Every one there ever was, oldest first; one query."""
    return list(PlanChange.objects.filter(run=run).select_related("proposed_by", "closed_by"))


def slots_of(change: PlanChange) -> list[SlotView]:
    return approvals.slots_of_changes([change])[change.run_id]


def next_round(run: DeploymentRun) -> int:
    """The number of the next version of the plan."""
    return max([run.round, *PlanChange.objects.filter(run=run).values_list("round", flat=True)]) + 1


def digest_of(change: PlanChange, row: Step) -> str:
    """What is signed, as the rows say it now."""
    step = plans.plan_of([row], []).steps[0]
    links = [
        *row.predecessors.values_list("before__key", "after__key"),
        *row.successors.values_list("before__key", "after__key"),
    ]
    return plans.addition_digest(change.before_digest, step, links)


def asked(step: Step) -> WaitsFor | None:
    """Whose approval an added step waits for first."""
    run = step.run
    change = open_change(run)
    if change is None or change.key != step.key:
        return None
    slot = next((slot for slot in slots_of(change) if slot.missing), None)
    said = {"who": change.proposed_by.name}
    if slot is None:
        sentence = _("Waits for the approval of the changed plan; %(who)s added it.")
        return WaitsFor(Blocker.ROLE, str(Role.RELEASE_MANAGER.label), sentence % said)
    sentence = _("Waits for the approval of the changed plan by %(slot)s; %(who)s added it.")
    kind = Blocker.TEAM if slot.spec.team_id is not None else Blocker.ROLE
    return WaitsFor(kind, slot.who, sentence % {**said, "slot": slot.name}, slot.spec.team_id)


def lapse(run: DeploymentRun) -> None:
    """The run is over: nobody is asked any more."""
    if run.state in RUN_FINAL and (change := open_change(run)) is not None:
        go(change, "lapse")
        change.save()


def why_not_fix_forward(run: DeploymentRun, change: PlanChange | None) -> str:
    """Whatever the person: one question at a time."""
    if change is None:
        return ""
    return _("“%(step)s”, which %(who)s added, waits for approval. One step is added at a time.") % {
        "step": change.title,
        "who": change.proposed_by.name,
    }


def why_not_decline(person: Person, change: PlanChange, slots: Sequence[SlotView]) -> str:
    """Whoever may approve it may decline it; who added it takes it back."""
    if person.pk == change.proposed_by_id:
        return _("You added this step; take it back instead.")
    reasons = [slot.why_not(person) for slot in slots]
    if any(not reason for reason in reasons) or change.run.composed_by_id == person.pk:
        return ""
    return " ".join(dict.fromkeys(reasons))


def why_not_withdraw(person: Person, change: PlanChange) -> str:
    if person.pk == change.proposed_by_id:
        return ""
    return _("%(who)s added this step, and takes it back; others approve or decline it.") % {
        "who": change.proposed_by.name
    }


def step_of(change: PlanChange) -> Step:
    """The added step; raises `Conflict` when it is not waiting for approval any more."""
    row = change.run.steps.filter(key=change.key, state=StepState.PROPOSED).first()
    if row is None:
        raise Conflict(_("“%(step)s” waits for no approval any more.") % {"step": change.title})
    return row
