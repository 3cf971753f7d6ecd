"""What a person may do about a step that is added to a run under way, or why not."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person, Team
from releaseorch.catalog.states import StepKind
from releaseorch.core.actions import Action, Field
from releaseorch.delivery import approvals, plan_changes, run_changes
from releaseorch.delivery.approvals import SlotView
from releaseorch.delivery.models import PlanChange
from releaseorch.delivery.plan_changes import UNDER_WAY
from releaseorch.executors import registry
from releaseorch.runs import additions
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import RunState

VERBS = frozenset({"fix_forward", "approve_change", "decline_change", "withdraw_change"})


def actions_for(run: DeploymentRun, person: Person) -> list[Action]:
    """Of a run under way; one query for one that runs, a few where a step waits for approval or may be added."""
    if run.state not in UNDER_WAY:
        return []
    change = plan_changes.open_change(run)
    found = [] if change is None else _decisions(run, person, change)
    return [*found, _fix_forward(run, person, change)] if run.state == RunState.PAUSED else found


def _decisions(run: DeploymentRun, person: Person, change: PlanChange) -> list[Action]:
    slots = plan_changes.slots_of(change)
    return [
        _approve(run, person, change, slots),
        _decline(run, person, change, slots),
        _withdraw(run, person, change),
    ]


def _approve(run: DeploymentRun, person: Person, change: PlanChange, slots: Sequence[SlotView]) -> Action:
    reasons = [slot.why_not(person) for slot in slots]
    mine = next((slot for slot, reason in zip(slots, reasons, strict=True) if not reason), None)
    why_not = run_changes.why_not(person, "run.approve_change", run)
    if mine is None and not why_not:
        why_not = " ".join(dict.fromkeys(reasons)) or _("No approval is missing.")
    last = approvals.missing(slots) == 1
    return Action(
        "approve_change",
        _("Approve the changed plan as %(slot)s") % {"slot": mine.name}
        if mine
        else _("Approve the changed plan"),
        f"/runs/{run.pk}/approve-change",
        not why_not,
        why_not,
        primary=True,
        fields=(
            Field("slot", value=mine.name if mine else ""),
            Field("comment", _("Comment"), kind="textarea"),
        ),
        consequence=_("It is the last approval: “%(step)s” begins in its turn.") % {"step": change.title}
        if last
        else "",
        version=run.row_version,
    )


def _decline(run: DeploymentRun, person: Person, change: PlanChange, slots: Sequence[SlotView]) -> Action:
    why_not = run_changes.why_not(person, "run.decline_change", run)
    why_not = why_not or plan_changes.why_not_decline(person, change, slots)
    return Action(
        "decline_change", _("Decline it"), f"/runs/{run.pk}/decline-change", not why_not, why_not,
        needs_reason=True, version=run.row_version,
        consequence=_("The step is taken out; the run goes on as it was approved before."),
    )  # fmt: skip


def _withdraw(run: DeploymentRun, person: Person, change: PlanChange) -> Action:
    why_not = run_changes.why_not(person, "run.withdraw_change", run)
    why_not = why_not or plan_changes.why_not_withdraw(person, change)
    return Action(
        "withdraw_change", _("Take it back"), f"/runs/{run.pk}/withdraw-change", not why_not, why_not,
        needs_reason=True, version=run.row_version,
        consequence=_("The step is taken out; the run goes on as it was approved before."),
    )  # fmt: skip


def _fix_forward(run: DeploymentRun, person: Person, change: PlanChange | None) -> Action:
    why_not = run_changes.why_not(person, "run.fix_forward", run)
    why_not = why_not or plan_changes.why_not_fix_forward(run, change)
    return Action(
        "fix_forward", _("Add a step"), f"/runs/{run.pk}/fix-forward", not why_not, why_not,
        needs_reason=True, fields=() if why_not else _fields(run), version=run.row_version,
        consequence=_(
            "It is begun only when somebody else has approved the changed plan; what stands after it waits."
        ),
    )  # fmt: skip


def _fields(run: DeploymentRun) -> tuple[Field, ...]:
    """Two queries."""
    steps = list(run.steps.order_by("number"))
    nobody = ("", _("whoever operates"))
    teams = ((str(pk), name) for pk, name in Team.objects.filter(retired_at=None).values_list("pk", "name"))
    tools = ((kind, kind) for kind in registry.kinds())
    models = [step for step in steps if step.kind == StepKind.AUTOMATED]
    none = ("", _("no step"))
    return (
        Field("title", _("What is to be done?"), kind="text", required=True),
        Field(
            "after", _("After"), kind="select", choices=(none, *_named(_free(steps, additions.why_not_after)))
        ),
        Field(
            "before",
            _("Before"),
            kind="select",
            choices=(none, *_named(_free(steps, additions.why_not_before))),
        ),
        Field("instructions", _("By hand: instructions"), kind="textarea"),
        Field("team", _("By hand: team"), kind="select", choices=(nobody, *teams)),
        Field(
            "like", _("By a tool: as this step, once more"), kind="select", choices=(none, *_named(models))
        ),
        Field("executor", _("By a tool: another one"), kind="select", choices=(("", _("no tool")), *tools)),
        Field("connection", _("Its connection"), kind="text"),
        Field("parameters", _("What it is told, as YAML"), kind="textarea"),
    )


def _free(steps: Sequence[Step], why_not: additions.Place) -> list[Step]:
    return [step for step in steps if not why_not(step)]


def _named(steps: Sequence[Step]) -> list[tuple[str, str]]:
    return [(step.key, str(step)) for step in steps]
