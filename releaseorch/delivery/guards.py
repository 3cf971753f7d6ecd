"""What must hold at the very moment a run starts; each guard answers with sentences, none when all is well."""

from collections.abc import Callable
from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core import clock
from releaseorch.delivery import approvals, gates
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.environments import ahead
from releaseorch.environments.models import Freeze, Reservation
from releaseorch.policies.models import Stage
from releaseorch.runs import plans
from releaseorch.runs.guards import Bound, Bounds
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import StepState
from releaseorch.waiting.models import Blocker

Guard = Callable[[DeploymentRun], list[str]]


def plan_digest(run: DeploymentRun) -> list[str]:
    """The rows are still the plan that was approved."""
    if run.plan_digest and plans.digest(plans.read_plan(run)) == run.plan_digest:
        return []
    return [_("The plan is not the one that was approved. Unlock the run and propose it again.")]


def approvals_count(run: DeploymentRun) -> list[str]:
    """Every slot that the policies ask for now has its approvals, of this round and this plan."""
    return [
        _("%(slot)s has not approved: %(count)d more needed from %(who)s.")
        % {"slot": slot.name, "count": slot.missing, "who": slot.who}
        for slot in approvals.slots_of_run(run)
        if slot.missing
    ]


def approvers_roles(run: DeploymentRun) -> list[str]:
    """Who approved still has the role, or is still in the team, that the slot asks for."""
    slots = approvals.slots_of_run(run)
    people = Person.objects.in_bulk({approval.approver_id for slot in slots for approval in slot.given})
    return [
        _("%(person)s, who approved as %(slot)s, may not approve that any more.")
        % {"person": people[approval.approver_id], "slot": slot.name}
        for slot in slots
        for approval in slot.given
        if slot.why_not_theirs(people[approval.approver_id])
    ]


def blocked_versions(run: DeploymentRun) -> list[str]:
    """No version of the plan was blocked in the meantime."""
    steps = Step.objects.filter(run=run, state=StepState.PENDING, version__blocked_at__isnull=False)
    versions = {step.version for step in steps.select_related("version__component") if step.version}
    return [
        _("%(version)s is blocked: %(reason)s") % {"version": version, "reason": version.blocked_reason}
        for version in sorted(versions, key=str)
    ]


def requests_planned(run: DeploymentRun) -> list[str]:
    """Every request of the run is planned, and there is one."""
    requests = list(DeploymentRequest.objects.filter(run=run).select_related("application", "environment"))
    if not requests:
        return [_("No request is in this run.")]
    return [
        _("%(request)s is %(state)s, not planned.") % {"request": one, "state": one.get_state_display()}
        for one in requests
        if one.state != RequestState.PLANNED
    ]


def rules(run: DeploymentRun) -> list[str]:
    """Each request keeps the rules that block until its run starts."""
    held = DeploymentRequest.objects.filter(run=run).order_by("pk")
    return gates.rules_unkept(list(held.select_related("application", "environment", "release")), Stage.START)


def reservations(run: DeploymentRun) -> list[str]:
    """Nobody keeps the environment, or an application of the run in it, for something else."""
    now = clock.now()
    return [reserved_sentence(one) for one in kept_by_others(run) if one.starts_at <= now]


def freezes(run: DeploymentRun) -> list[str]:
    """The environment, and no application of the run, is frozen now."""
    return [ahead.frozen_sentence(one) for one in freezes_of_run(run, until=clock.now())]


def kept_by_others(run: DeploymentRun) -> list[Reservation]:
    """Reservations that aren't over and concern the run; two queries.

    Whoever composed the run, or asked for one of its requests, may keep it for this very run.
    """
    requests = DeploymentRequest.objects.filter(run=run).values_list("application_id", "requester_id")
    applications = {application for application, _requester in requests}
    insiders = {run.composed_by_id, *(requester for _application, requester in requests)}
    kept = Reservation.objects.filter(
        Q(application=None) | Q(application_id__in=applications),
        environment_id=run.environment_id,
        released_at=None,
        expires_at__gt=clock.now(),
    ).exclude(owner_id__in=insiders)
    named = kept.select_related("application", "environment", "owner").order_by("starts_at", "pk")
    return list(
        named.only(
            "starts_at", "expires_at", "reason", "application__name", "environment__name", "owner__name"
        )
    )


def freezes_of_run(run: DeploymentRun, until: datetime | None = None) -> list[Freeze]:
    """Freezes that concern the run, aren't over and begin by `until` (None: whenever); one query."""
    applications = DeploymentRequest.objects.filter(run=run).values("application_id")
    return ahead.freezes_of(run.environment_id, applications, until)


def reserved_sentence(kept: Reservation) -> str:
    return _("%(what)s is kept by %(who)s until %(until)s: %(reason)s.") % {
        "what": kept.application or kept.environment,
        "who": kept.owner,
        "until": _moment(kept.expires_at),
        "reason": kept.reason.rstrip("."),
    }


def window(run: DeploymentRun) -> list[str]:
    """The window that was approved with the run is open."""
    now = clock.now()
    if run.window_from is not None and now < run.window_from:
        return [_("The window of this run opens at %(at)s.") % {"at": _moment(run.window_from)}]
    if run.window_until is not None and now >= run.window_until:
        return [
            _("The window of this run closed at %(at)s. Unlock the run to choose another one.")
            % {"at": _moment(run.window_until)}
        ]
    return []


def window_bounds(run: DeploymentRun) -> list[Bound]:
    """The end of its window."""
    if run.window_until is None:
        return []
    said = _("The window of this run closed at %(at)s; nothing more begins.")
    return [Bound(run.window_until, Blocker.WINDOW, str(run), said % {"at": _moment(run.window_until)})]


def freeze_bounds(run: DeploymentRun) -> list[Bound]:
    """The beginning of each freeze that concerns it; one query."""
    return [
        Bound(one.starts_at, Blocker.FREEZE, str(one), ahead.halted_sentence(one))
        for one in freezes_of_run(run)
    ]


GUARDS: dict[str, Guard] = {
    "plan_digest": plan_digest,
    "approvals": approvals_count,
    "approvers_roles": approvers_roles,
    "blocked_versions": blocked_versions,
    "requests_planned": requests_planned,
    "rules": rules,
    "reservations": reservations,
    "freezes": freezes,
    "window": window,
}
NAMES = tuple(GUARDS)
BOUNDS: dict[str, Bounds] = {"window": window_bounds, "freezes": freeze_bounds}


def _moment(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")
