"""What a person may do with a run, or why not: the verbs of composing beside those of the engine."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core.actions import Action, Field
from releaseorch.delivery import approvals, change_actions, composing, run_changes, signers
from releaseorch.delivery.approvals import SlotView
from releaseorch.delivery.gates import rules_unkept
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.plan_views import PlanView
from releaseorch.delivery.states import RequestState
from releaseorch.policies.models import Stage
from releaseorch.runs import queries as engine
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RUN_ACTIVE, RUN_BEFORE_START, RUN_MOVES, RunState

Maker = Callable[[DeploymentRun, Person], Action]
EDITS = frozenset({"replan", "edit", "add_step", "add_request"})  # of a draft, by whoever may edit it
MOST_OFFERED = 200
TAKEN_OUT_OF = frozenset({RunState.RUNNING, RunState.PAUSED}) | RUN_BEFORE_START


def actions_for(run: DeploymentRun, person: Person, plan: PlanView | None = None) -> list[Action]:
    """Every verb that the run's state allows, what matters most first; give the plan where it was read already."""
    found = [_propose(run, person, plan)] if run.state == RunState.DRAFT else []
    found += [_approve(run, person, plan)] if run.state in _sources("approve") else []
    found += [maker(run, person) for verb, maker in _MAKERS if run.state in _sources(verb)]
    found += change_actions.actions_for(run, person)
    theirs = engine.actions_for(run, person)
    return [*found, *theirs] if run.state not in RUN_ACTIVE else [*theirs, *found]


def take_out_action(
    run: DeploymentRun, request: DeploymentRequest, person: Person, held: int | None = None
) -> Action | None:
    """Taking this request out of the run, None when the run is over; `held` = how many requests it has."""
    if run.state not in TAKEN_OUT_OF or request.run_id != run.pk:
        return None
    why_not = _why_not(run, person, "run.take_out")
    is_active = run.state in RUN_ACTIVE
    if not why_not and not is_active and (held or DeploymentRequest.objects.filter(run=run).count()) == 1:
        why_not = _("It is the only request of this run. Cancel the run instead.")
    if not why_not and is_active and request.state != RequestState.DEPLOYING:
        why_not = _("Nothing of it can still be taken out.")
    return Action(
        "take_out",
        _("Take out"),
        url_of(run, "take-out"),
        not why_not,
        why_not,
        needs_reason=True,
        fields=(Field("request", value=str(request.pk)),),
        version=run.row_version,
        consequence=_("Its steps that have not started are dropped; what waits for them goes on.")
        if is_active
        else _take_out_consequence(run),
    )


def url_of(run: DeploymentRun, verb: str) -> str:
    return f"/runs/{run.pk}/{verb}"


def _take_out_consequence(run: DeploymentRun) -> str:
    if run.state == RunState.DRAFT:
        return _("The plan is computed anew without it; it keeps its approvals and waits for another run.")
    return _(
        "The run is unlocked and its approvals fall; the request keeps its own and waits for another run."
    )


def _sources(verb: str) -> frozenset[str]:
    if verb in EDITS:
        return frozenset({RunState.DRAFT})
    return RUN_MOVES[verb].sources


def _propose(run: DeploymentRun, person: Person, plan: PlanView | None) -> Action:
    why_not = _why_not(run, person, "run.propose")
    if not why_not:
        why_not = _why_not_proposed(run, plan)
    return Action(
        "propose",
        _("Propose"),
        url_of(run, "propose"),
        not why_not,
        why_not,
        primary=True,
        version=run.row_version,
        consequence=" ".join(
            [
                _("The plan is fixed and asks for its approval; its requests are planned."),
                *signers.sentences_of(_slots(run, plan)),
            ]
        ),
    )


def _why_not_proposed(run: DeploymentRun, plan: PlanView | None) -> str:
    blocks = plan.blocks if plan is not None else composing.composition_of_run(run).blocks
    if blocks:
        return " ".join(conflict.sentence for conflict in blocks)
    if plan is not None and plan.is_outdated:
        return _("The plan is out of date. Compute it again.")
    if not (run.steps.filter(not_needed_because="").exists() if plan is None else plan.needed_steps):
        return _("Nothing is left to do in this plan.")
    requests = composing.requests_of(run) if plan is None else [line.request for line in plan.requests]
    return " ".join(rules_unkept(requests, Stage.PROPOSE))


def _slots(run: DeploymentRun, plan: PlanView | None) -> Sequence[SlotView]:
    return plan.slots if plan is not None else approvals.slots_of_run(run)


def _approve(run: DeploymentRun, person: Person, plan: PlanView | None) -> Action:
    slots = _slots(run, plan)
    reasons = [slot.why_not(person) for slot in slots]
    mine = next((slot for slot, reason in zip(slots, reasons, strict=True) if not reason), None)
    why_not = _why_not(run, person, "run.approve")
    if mine is None and not why_not:
        why_not = " ".join(dict.fromkeys(reasons)) or _("No approval is missing.")
    last = approvals.missing(slots) == 1
    return Action(
        "approve",
        _("Approve as %(slot)s") % {"slot": mine.name} if mine else _("Approve"),
        url_of(run, "approve"),
        not why_not,
        why_not,
        primary=True,
        fields=(
            Field("slot", value=mine.name if mine else ""),
            Field("comment", _("Comment"), kind="textarea"),
        ),
        consequence=_("It is the last approval: the run can be started.") if last else "",
        version=run.row_version,
    )


def _schedule(run: DeploymentRun, person: Person) -> Action:
    fields: tuple[Field, ...] = ()
    if run.window_from is None:
        fields = (
            Field("window_from", _("Begins"), kind="datetime-local", required=True),
            Field("window_until", _("Ends"), kind="datetime-local"),
        )
    return _plain(
        run, person, "schedule", _("Schedule"), fields=fields,
        consequence=_("It waits for its window, which was approved with it.") if not fields else "",
    )  # fmt: skip


def _edit(run: DeploymentRun, person: Person) -> Action:
    fields = (
        Field("title", _("Title"), run.title, kind="text", required=True),
        Field("window_from", _("Window begins"), _moment(run.window_from), kind="datetime-local"),
        Field("window_until", _("Window ends"), _moment(run.window_until), kind="datetime-local"),
        Field(
            "is_exclusive", _("No other run in the environment meanwhile"), "on" if run.is_exclusive else "",
            kind="checkbox",
        ),
    )  # fmt: skip
    return _plain(run, person, "edit", _("Title and window"), fields=fields)


def _add_step(run: DeploymentRun, person: Person) -> Action:
    steps = [("", _("no step")), *((key, f"{number} · {title}") for key, number, title in _steps(run))]
    fields = (
        Field("title", _("What is to be done?"), kind="text", required=True),
        Field("instructions", _("Instructions"), kind="textarea"),
        Field("after", _("After"), kind="select", choices=tuple(steps)),
        Field("before", _("Before"), kind="select", choices=tuple(steps)),
    )
    return _plain(run, person, "add_step", _("Add a manual step"), fields=fields, needs_reason=True)


def _add_request(run: DeploymentRun, person: Person) -> Action:
    free = DeploymentRequest.objects.filter(
        state=RequestState.APPROVED, run=None, environment=run.environment_id
    )
    rows = free.select_related("application").order_by("application__name", "pk")[:MOST_OFFERED]
    choices = tuple((str(row.pk), f"#{row.pk} {row.application}: {row.title or row}") for row in rows)
    action = _plain(
        run, person, "add_request", _("Add a request"),
        fields=(Field("request", _("Approved request"), kind="select", required=True, choices=choices),),
        consequence=_(
            "The plan is computed anew with it; edits are made again where they still fit. "
            "Who adds it counts as editor and doesn't approve this run."
        ),
    )  # fmt: skip
    if action.allowed and not choices:
        nothing = _("No approved request for %(environment)s is free.") % {"environment": run.environment}
        return replace(action, allowed=False, why_not=nothing)
    return action


def _replan(run: DeploymentRun, person: Person) -> Action:
    return _plain(
        run, person, "replan", _("Compute again"),
        consequence=_("From what requests and inventory say now; edits are made again where they still fit."),
    )  # fmt: skip


def _send_back(run: DeploymentRun, person: Person) -> Action:
    who = run.edited_by.name
    return _plain(
        run, person, "send_back", _("Send back"), needs_reason=True,
        consequence=_("%(who)s changes the plan and proposes it again.") % {"who": who},
    )  # fmt: skip


def _reject(run: DeploymentRun, person: Person) -> Action:
    return _plain(
        run, person, "reject", _("Reject"), needs_reason=True,
        consequence=_("The run is over; its requests keep their approvals and wait for another run."),
    )  # fmt: skip


def _unlock(run: DeploymentRun, person: Person) -> Action:
    return _plain(
        run, person, "unlock", _("Unlock the plan"), needs_reason=True,
        consequence=_("It becomes a draft again: the approvals of the run fall, those of its requests stay."),
    )  # fmt: skip


def _plain(
    run: DeploymentRun,
    person: Person,
    verb: str,
    label: str,
    *,
    fields: Sequence[Field] = (),
    needs_reason: bool = False,
    consequence: str = "",
) -> Action:
    permission = "run.edit" if verb in EDITS else f"run.{verb}"
    why_not = _why_not(run, person, permission)
    return Action(
        verb,
        label,
        url_of(run, verb.replace("_", "-")),
        not why_not,
        why_not,
        needs_reason=needs_reason,
        fields=tuple(fields),
        consequence=consequence,
        version=run.row_version,
    )


def _why_not(run: DeploymentRun, person: Person, permission: str) -> str:
    return run_changes.why_not(person, permission, run)


def _steps(run: DeploymentRun) -> list[tuple[str, int, str]]:
    needed = run.steps.filter(not_needed_because="").order_by("number")
    return [(key, number, title) for key, number, title in needed.values_list("key", "number", "title")]


def _moment(at: datetime | None) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%dT%H:%M") if at else ""


_MAKERS: tuple[tuple[str, Maker], ...] = (
    ("schedule", _schedule),
    ("add_step", _add_step),
    ("add_request", _add_request),
    ("replan", _replan),
    ("edit", _edit),
    ("unlock", _unlock),
    ("send_back", _send_back),
    ("reject", _reject),
)
