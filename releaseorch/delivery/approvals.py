"""The approval slots of requests and of runs: what is asked, what was given, who may still give it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from releaseorch.accounts import policy as rights
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.accounts.roles import Role
from releaseorch.audit.models import Event
from releaseorch.core.errors import NotAllowed
from releaseorch.delivery.models import Approval, DeploymentRequest, PlanChange
from releaseorch.delivery.states import Verdict
from releaseorch.policies import slots as policies
from releaseorch.policies.models import ApprovalPolicy, Subject
from releaseorch.policies.slots import SlotSpec
from releaseorch.runs.models import DeploymentRun


@dataclass(frozen=True)
class SlotView:
    """One slot of one request or run as it stands now."""

    spec: SlotSpec
    scope: Scope
    given: tuple[Approval, ...]
    barred: Mapping[int, str]  # person id → the sentence why they fill no slot here

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def who(self) -> str:
        return self.spec.who

    @property
    def quorum(self) -> int:
        return self.spec.quorum

    @property
    def missing(self) -> int:
        return max(0, self.spec.quorum - len(self.given))

    def why_not(self, person: Person) -> str:
        """The empty text when `person` may fill this slot now, else the reason."""
        if person.is_robot:
            return _("A robot never approves.")
        if person.pk in self.barred:
            return self.barred[person.pk]
        if not self.missing:
            return _("%(slot)s has already approved.") % {"slot": self.name}
        return self.why_not_theirs(person)

    def why_not_theirs(self, person: Person) -> str:
        """The empty text while `person` has the role, or is in the team, that this slot asks for."""
        if self.spec.team_id is not None:
            belongs = person.is_active and self.spec.team_id in rights.team_ids(person)
            sentence = _("%(slot)s is filled by the team %(who)s; you are not in it.")
        else:
            belongs = rights.has_role(person, [Role(self.spec.role)], self.scope)
            sentence = _("%(slot)s is filled by the role %(who)s; you don't have it here.")
        return "" if belongs else sentence % {"slot": self.name, "who": self.who}


def slots_of_request(
    request: DeploymentRequest,
    changed_by: set[int] | None = None,
    known: Sequence[ApprovalPolicy] | None = None,
) -> list[SlotView]:
    """`changed_by`, who has changed what would be deployed, and the policies save queries when they were read."""
    changed = None if changed_by is None else {request.pk: changed_by}
    return slots_of_requests([request], changed, known)[request.pk]


def slots_of_requests(
    requests: Sequence[DeploymentRequest],
    changed_by: Mapping[int, set[int]] | None = None,
    known: Sequence[ApprovalPolicy] | None = None,
) -> dict[int, list[SlotView]]:
    """The slots of many requests (with their application), in five queries."""
    if not requests:
        return {}
    known = policies.policies_for(Subject.REQUEST) if known is None else known
    given = _given(requests)
    changed = _who_changed(requests) if changed_by is None else changed_by
    found: dict[int, list[SlotView]] = {}
    for request in requests:
        excluded = excluded_from_request(request, changed[request.pk])
        scope = Scope.of(
            teams=[request.application.team_id],
            application=request.application_id,
            environment=request.environment_id,
        )
        counting = [one for one in given[request.pk] if one.approver_id not in excluded]
        specs = policies.merged(known, request.environment_id, [request.application_id])
        found[request.pk] = _views(specs, scope, counting, excluded)
    return found


def slots_of_run(run: DeploymentRun, application_ids: Iterable[int] | None = None) -> list[SlotView]:
    """The slots of a run for its environment and the applications of its requests; approvals of its present round."""
    applications = {run.pk: set(application_ids)} if application_ids is not None else None
    return slots_of_runs([run], applications)[run.pk]


def slots_of_runs(
    runs: Sequence[DeploymentRun], applications: Mapping[int, set[int]] | None = None
) -> dict[int, list[SlotView]]:
    """The slots of many runs, in four queries."""
    signed = {run.pk: (run.round, run.plan_digest) for run in runs}
    return _slots_of_plans(runs, signed, {run.pk: excluded_from_run(run) for run in runs}, applications)


def slots_of_changes(changes: Sequence[PlanChange]) -> dict[int, list[SlotView]]:
    """Id of the run (read with it) → the slots of its changed plan, the same as of the run; four queries."""
    runs = [change.run for change in changes]
    signed = {change.run_id: (change.round, change.digest) for change in changes}
    return _slots_of_plans(runs, signed, {change.run_id: excluded_from_change(change) for change in changes})


def _slots_of_plans(
    runs: Sequence[DeploymentRun],
    signed: Mapping[int, tuple[int, str]],
    barred: Mapping[int, Mapping[int, str]],
    applications: Mapping[int, set[int]] | None = None,
) -> dict[int, list[SlotView]]:
    """Those that count were given for this round and digest of the run, by people who aren't barred."""
    if not runs:
        return {}
    known = policies.policies_for(Subject.RUN)
    touched = _applications_of(runs) if applications is None else applications
    given = Approval.objects.filter(run__in=[run.pk for run in runs]).select_related("approver")
    by_run: dict[int, list[Approval]] = defaultdict(list)
    for one in given:
        by_run[one.run_id or 0].append(one)
    found: dict[int, list[SlotView]] = {}
    for run in runs:
        excluded = barred[run.pk]
        counting = [
            one
            for one in by_run[run.pk]
            if (one.round, one.digest) == signed[run.pk] and one.approver_id not in excluded
        ]
        specs = policies.merged(known, run.environment_id, touched.get(run.pk, set()))
        found[run.pk] = _views(specs, Scope.of(environment=run.environment_id), _latest(counting), excluded)
    return found


def _applications_of(runs: Sequence[DeploymentRun]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    held = DeploymentRequest.objects.filter(run__in=[run.pk for run in runs])
    for run_id, application_id in held.values_list("run_id", "application_id"):
        found[run_id or 0].add(application_id)
    return found


def excluded_from_request(request: DeploymentRequest, changed_by: Iterable[int] = ()) -> dict[int, str]:
    """Person id → why they never approve this request: it is their own."""
    reasons = {
        person: _("You changed what would be deployed; somebody else approves it.") for person in changed_by
    }
    if request.filed_by_id is not None:
        reasons[request.filed_by_id] = _("You filed this request; somebody else approves it.")
    reasons[request.requester_id] = _("This is your own request; somebody else approves it.")
    return reasons


def excluded_from_run(run: DeploymentRun) -> dict[int, str]:
    """Person id → why they never approve this run: the plan is theirs."""
    return {
        run.edited_by_id: _("You were the last to edit this plan; somebody else approves it."),
        run.composed_by_id: _("You composed this run; somebody else approves it."),
    }


def excluded_from_change(change: PlanChange) -> dict[int, str]:
    """Person id → why they never approve this change: the plan is theirs, or the step is."""
    return {
        change.run.composed_by_id: _("You composed this run; somebody else approves it."),
        change.proposed_by_id: _("You added this step; somebody else approves the changed plan."),
    }


def slot_for(slots: Sequence[SlotView], person: Person, name: str | None = None) -> SlotView:
    """The slot that `person` fills now (the one called `name`, if given); raises `NotAllowed` with each reason."""
    asked = [slot for slot in slots if name is None or slot.name == name]
    if not asked:
        raise NotAllowed(_("There is no approval slot called %(name)s here.") % {"name": name})
    reasons = [slot.why_not(person) for slot in asked]
    for slot, reason in zip(asked, reasons, strict=True):
        if not reason:
            return slot
    raise NotAllowed(*dict.fromkeys(reasons))


def missing(slots: Iterable[SlotView]) -> int:
    """How many approvals are still to be given."""
    return sum(slot.missing for slot in slots)


def _views(
    specs: Sequence[SlotSpec], scope: Scope, counting: Sequence[Approval], excluded: Mapping[int, str]
) -> list[SlotView]:
    signed = {
        one.approver_id: _("You have already approved this as %(slot)s; one person fills one slot.")
        % {"slot": one.slot}
        for one in counting
    }
    barred = {**signed, **excluded}
    return [
        SlotView(spec, scope, tuple(one for one in counting if one.slot == spec.name)[: spec.quorum], barred)
        for spec in specs
    ]


def _given(requests: Sequence[DeploymentRequest]) -> dict[int, list[Approval]]:
    """What counts now: given for the present content, and not taken back since by the same person."""
    found: dict[int, list[Approval]] = defaultdict(list)
    by_id = {request.pk: request for request in requests}
    for one in Approval.objects.filter(request__in=list(by_id)).select_related("approver"):
        request = by_id[one.request_id or 0]
        if one.digest == request.content_digest:
            found[request.pk].append(one)
    return defaultdict(list, {pk: _latest(ones) for pk, ones in found.items()})


def _latest(ones: Iterable[Approval]) -> list[Approval]:
    last = {one.approver_id: one for one in ones}
    return [one for one in last.values() if one.verdict == Verdict.APPROVED]


def _who_changed(requests: Sequence[DeploymentRequest]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    rows = Event.objects.filter(
        subject_kind="request",
        subject_id__in=[request.pk for request in requests],
        after__content_changed=True,
    ).values_list("subject_id", "actor_id")
    for request_id, actor_id in rows.distinct():
        if actor_id is not None:
            found[request_id].add(actor_id)
    return found
