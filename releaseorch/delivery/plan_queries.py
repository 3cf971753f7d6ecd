"""A plan for people: of a run, or as a preview of requests that are in none; in a constant number of queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from releaseorch.accounts.models import Team
from releaseorch.catalog.models import Component, ComponentVersion
from releaseorch.catalog.states import Phase, Reversible
from releaseorch.delivery import approvals, composing, plan_schedule, run_warnings
from releaseorch.delivery.approvals import SlotView
from releaseorch.delivery.composing import Composition, Origin
from releaseorch.delivery.models import DeploymentRequest, PlanEdit
from releaseorch.delivery.plan_schedule import Schedule
from releaseorch.delivery.plan_views import (
    ChangeLine,
    DowntimeLine,
    EditLine,
    LayerLine,
    OriginLine,
    PhaseLine,
    PlanView,
    RequestLine,
    RestoreLine,
    StepLine,
    WaitLine,
)
from releaseorch.delivery.planning.inputs import PlanInputs
from releaseorch.delivery.planning.plan import Conflict
from releaseorch.environments.models import Environment, Target
from releaseorch.runs import graph, plans
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.plans import PlanIn, PlanStep
from releaseorch.runs.states import RunState


def plan_view(run: DeploymentRun) -> PlanView:
    """The plan as the rows have it; while it is a draft also what would be computed now, and what blocks it."""
    rows = list(run.steps.order_by("number"))
    links = run.links.order_by("id").values_list("before_id", "after_id", "why")
    plan = plans.plan_of(rows, links)
    requests = composing.requests_of(run)
    edits = list(PlanEdit.objects.filter(run=run).select_related("person").order_by("pk"))
    present = None
    if run.state == RunState.DRAFT:
        present = composing.composition_of(
            run.environment, requests, [one for one in edits if not one.dropped_because]
        )
    view = _View(plan, composing.origins_of(run), {row.key: row.pk for row in rows})
    slots = approvals.slots_of_run(run, [request.application_id for request in requests])
    return view.drawn(
        run=run,
        slots=tuple(slots),
        requests=requests,
        conflicts=[*(present.conflicts if present else ()), *run_warnings.warnings_of(run, slots)],
        edits=tuple(_edit(edit) for edit in edits),
        changes=tuple(changes_between(present.computed, plan)) if present else (),
        is_outdated=present is not None and plans.digest(present.plan) != plans.digest(plan),
    )


def preview_for_request(request: DeploymentRequest) -> PlanView:
    """What would happen if this request were carried out alone, now, and what a rollback would restore."""
    return preview_for_requests(request.environment, [request])


def preview_for_requests(environment: Environment, requests: Sequence[DeploymentRequest]) -> PlanView:
    """What a run of these requests would be; nothing is written."""
    composition = composing.composition_of(environment, requests)
    return drawn(composition, requests)


def drawn(composition: Composition, requests: Sequence[DeploymentRequest] = ()) -> PlanView:
    """A composition that isn't written, for people."""
    view = _View(composition.plan, composition.origins, {}, composition.told)
    return view.drawn(run=None, requests=requests, conflicts=composition.conflicts)


def changes_between(computed: PlanIn, edited: PlanIn) -> Iterable[ChangeLine]:
    """Step by step: what people added, removed or changed."""
    before, after = computed.by_key, edited.by_key
    for key, step in after.items():
        if key not in before:
            yield ChangeLine(key, step.title, "added")
        elif before[key] != step:
            yield ChangeLine(key, step.title, "changed")
    for key, step in before.items():
        if key not in after:
            yield ChangeLine(key, step.title, "removed")


@dataclass(frozen=True)
class _Names:
    """The words for the ids in a plan."""

    components: dict[int, tuple[str, str]]  # its name and that of its application
    versions: dict[int, str]
    targets: dict[int, str]
    teams: dict[int, str]

    @classmethod
    def of(cls, steps: Sequence[PlanStep], told: PlanInputs | None = None) -> "_Names":
        """One query for each kind that wasn't `told` in full, at most four."""
        found = cls._told(told) if told is not None else cls({}, {}, {}, {})
        components = Component.objects.filter(
            pk__in=_ids(step.component_id for step in steps) - found.components.keys()
        )
        versions = ComponentVersion.objects.filter(
            pk__in=_ids(step.version_id for step in steps) - found.versions.keys()
        )
        targets = Target.objects.filter(pk__in=_ids(step.target_id for step in steps) - found.targets.keys())
        teams = Team.objects.filter(pk__in=_ids(step.team_id for step in steps) - found.teams.keys())
        rows = components.values_list("pk", "name", "application__name")
        found.components.update((pk, (name, application)) for pk, name, application in rows)
        found.versions.update(versions.values_list("pk", "text"))
        found.targets.update(targets.values_list("pk", "name"))
        found.teams.update(teams.values_list("pk", "name"))
        return found

    @classmethod
    def _told(cls, told: PlanInputs) -> "_Names":
        return cls(
            {one.id: (one.name, one.application_name) for one in told.components},
            {one.id: one.text for one in told.versions},
            {one.target.id: one.target.name for one in told.placements},
            {one.team_id: one.team_name for one in told.components if one.team_id},
        )

    def component(self, component_id: int | None) -> str:
        return self.components.get(component_id or 0, ("", ""))[0]

    def application(self, component_id: int | None) -> str:
        return self.components.get(component_id or 0, ("", ""))[1]


def _ids(found: Iterable[int | None]) -> set[int]:
    return {one for one in found if one is not None}


class _View:
    """Draws one plan; what was `told` to compute it needn't be read again."""

    def __init__(
        self,
        plan: PlanIn,
        origins: Mapping[str, Sequence[Origin]],
        ids: Mapping[str, int],
        told: PlanInputs | None = None,
    ) -> None:
        self.plan, self.origins, self.ids = plan, origins, ids
        self.names = _Names.of(plan.steps, told)
        self.schedule: Schedule = plan_schedule.schedule_of(plan)
        ordered = graph.order(plan.by_key, plan.pairs)
        self.numbers = {key: number for number, key in enumerate(ordered, start=1)}
        self.lines = self._lines()

    def drawn(
        self,
        *,
        run: DeploymentRun | None,
        requests: Sequence[DeploymentRequest],
        conflicts: Sequence[Conflict] = (),
        edits: tuple[EditLine, ...] = (),
        changes: tuple[ChangeLine, ...] = (),
        is_outdated: bool = False,
        slots: tuple[SlotView, ...] = (),
    ) -> PlanView:
        lines = sorted(self.lines.values(), key=lambda line: line.number)
        last = plan_schedule.point_of_no_return(self.plan, self.schedule)
        return PlanView(
            run=run,
            requests=tuple(self._request(request) for request in requests),
            steps=tuple(lines),
            layers=tuple(_layers(lines)),
            phases=tuple(_phases(lines)),
            not_needed=tuple(line for line in lines if not line.is_needed),
            conflicts=tuple(conflicts),
            downtimes=tuple(self._downtimes()),
            point_of_no_return=self.lines[last] if last else None,
            critical_path=tuple(line for line in lines if line.is_critical),
            expected_s=self.schedule.total_s,
            work_s=self.schedule.work_s,
            edits=edits,
            changes=changes,
            is_outdated=is_outdated,
            rollback=tuple(self._rollback()),
            digest=plans.digest(self.plan),
            slots=slots,
            links=tuple(
                (self.numbers[one.before], self.numbers[one.after], one.why) for one in self.plan.links
            ),
        )

    def _lines(self) -> dict[str, StepLine]:
        titles = {step.key: step.title for step in self.plan.steps}
        waits: dict[str, list[WaitLine]] = {}
        for link in self.plan.links:
            line = WaitLine(self.numbers[link.before], link.before, titles[link.before], link.why)
            waits.setdefault(link.after, []).append(line)
        return {
            step.key: self._line(step, tuple(sorted(waits.get(step.key, []), key=lambda line: line.number)))
            for step in self.plan.steps
        }

    def _line(self, step: PlanStep, waits_for: tuple[WaitLine, ...]) -> StepLine:
        return StepLine(
            id=self.ids.get(step.key, 0),
            number=self.numbers[step.key],
            key=step.key,
            title=step.title,
            kind=step.kind,
            phase=step.phase,
            phase_label=str(Phase(step.phase).label),
            executor=step.executor,
            parameters=step.parameters,
            instructions=step.instructions,
            component=self.names.component(step.component_id),
            application=self.names.application(step.component_id),
            from_version=step.from_version,
            to_version=self.names.versions.get(step.version_id or 0, ""),
            target=self.names.targets.get(step.target_id or 0, ""),
            team=self.names.teams.get(step.team_id or 0, ""),
            installs=step.installs,
            removes=step.removes,
            expected_s=step.expected_s,
            timeout_s=step.timeout_s,
            layer=self.schedule.layer_of.get(step.key, 0),
            starts_s=self.schedule.starts_s.get(step.key, 0),
            is_critical=step.key in self.schedule.critical,
            reversible=step.reversible,
            downtime=step.downtime,
            not_needed_because=step.not_needed_because,
            added_because=step.added_because,
            origins=tuple(OriginLine(one.request_id, one.rule) for one in self.origins.get(step.key, ())),
            waits_for=waits_for,
        )

    def _request(self, request: DeploymentRequest) -> RequestLine:
        lines = [line for line in self.lines.values() if request.pk in line.request_ids]
        needed = [line for line in lines if line.is_needed]
        own = sum(len(line.request_ids) == 1 for line in needed)
        return RequestLine(request, len(needed), own, len(lines) - len(needed))

    def _downtimes(self) -> Iterable[DowntimeLine]:
        spans: dict[str, list[plan_schedule.Outage]] = {}
        for outage in plan_schedule.outages(self.plan, self.schedule):
            spans.setdefault(self.names.application(outage.component_id), []).append(outage)
        for application, found in sorted(spans.items()):
            yield DowntimeLine(
                application,
                plan_schedule.seconds_down(found),
                min(one.from_s for one in found),
                max(one.until_s for one in found),
                tuple(sorted(self.names.component(one.component_id) for one in found)),
                any(one.brought_back_by is None for one in found),
            )

    def _rollback(self) -> Iterable[RestoreLine]:
        """In reverse order: what needs another component goes back before what it needs."""
        changing = [step for step in self.plan.steps if step.is_needed and (step.installs or step.removes)]
        irreversible = {step.component_id for step in self.plan.steps if step.reversible == Reversible.NO}
        for step in sorted(changing, key=lambda step: -self.numbers[step.key]):
            line = self.lines[step.key]
            yield RestoreLine(
                line.component,
                line.application,
                line.target,
                step.from_version,
                line.to_version,
                step.component_id not in irreversible,
            )


def _layers(lines: Sequence[StepLine]) -> Iterable[LayerLine]:
    found: dict[int, list[StepLine]] = {}
    for line in lines:
        if line.is_needed:
            found.setdefault(line.layer, []).append(line)
    for number in sorted(found):
        yield LayerLine(number, min(line.starts_s for line in found[number]), tuple(found[number]))


def _phases(lines: Sequence[StepLine]) -> Iterable[PhaseLine]:
    for phase in Phase:
        steps = tuple(line for line in lines if line.phase == phase and line.is_needed)
        if steps:
            yield PhaseLine(phase.value, str(phase.label), steps)


def _edit(edit: PlanEdit) -> EditLine:
    return EditLine(edit.summary, edit.reason, edit.person.name, edit.at, edit.kind, edit.dropped_because)
