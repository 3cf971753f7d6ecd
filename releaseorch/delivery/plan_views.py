"""What the pages show of a plan, computed or kept, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from releaseorch.delivery.approvals import SlotView
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.planning.plan import Conflict
from releaseorch.runs.models import DeploymentRun


@dataclass(frozen=True)
class OriginLine:
    """Who put a step there."""

    request_id: int
    rule: str


@dataclass(frozen=True)
class WaitLine:
    """A step that comes before, and why."""

    number: int
    key: str
    title: str
    why: str


@dataclass(frozen=True, kw_only=True)
class StepLine:
    """One step as a row of the plan; `id` is 0 in a preview. Seconds count from the start of the run."""

    id: int
    number: int
    key: str
    title: str
    kind: str
    phase: str
    phase_label: str
    executor: str
    parameters: Mapping[str, Any]
    instructions: str
    component: str
    application: str
    from_version: str
    to_version: str
    target: str
    team: str
    installs: bool
    removes: bool
    expected_s: int
    timeout_s: int
    layer: int
    starts_s: int
    is_critical: bool
    reversible: str
    downtime: str
    not_needed_because: str
    added_because: str
    origins: tuple[OriginLine, ...] = ()
    waits_for: tuple[WaitLine, ...] = ()

    @property
    def is_manual(self) -> bool:
        return self.kind == "manual"

    @property
    def is_needed(self) -> bool:
        return not self.not_needed_because

    @property
    def is_irreversible(self) -> bool:
        return self.reversible == "no"

    @property
    def request_ids(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(origin.request_id for origin in self.origins))


@dataclass(frozen=True)
class LayerLine:
    """Steps that can be under way at the same time."""

    number: int
    starts_s: int
    steps: tuple[StepLine, ...]


@dataclass(frozen=True)
class PhaseLine:
    """The same steps, by phase of the procedures."""

    phase: str
    label: str
    steps: tuple[StepLine, ...]


@dataclass(frozen=True)
class RequestLine:
    """A request of the run: how many steps are there because of it, and how many of them for nobody else."""

    request: DeploymentRequest
    steps: int
    own_steps: int
    not_needed: int


@dataclass(frozen=True)
class DowntimeLine:
    """An application is down for so long; `is_open` when no step brings a component of it back."""

    application: str
    seconds: int
    from_s: int
    until_s: int
    components: tuple[str, ...]
    is_open: bool


@dataclass(frozen=True)
class EditLine:
    """What a person changed in the computed plan; with `dropped_because` when it could not be made again."""

    summary: str
    reason: str
    person: str
    at: datetime
    kind: str
    dropped_because: str = ""


@dataclass(frozen=True)
class ChangeLine:
    """A difference between the plan as computed and the plan as it stands."""

    key: str
    title: str
    what: str  # added, removed, changed


@dataclass(frozen=True)
class RestoreLine:
    """What a rollback would put back: `version` is empty when nothing was there before."""

    component: str
    application: str
    target: str
    version: str
    instead_of: str
    is_possible: bool


@dataclass(frozen=True, kw_only=True)
class PlanView:
    """A plan: kept by `run`, or (None) a preview."""

    run: DeploymentRun | None
    requests: tuple[RequestLine, ...] = ()
    steps: tuple[StepLine, ...] = ()
    layers: tuple[LayerLine, ...] = ()
    phases: tuple[PhaseLine, ...] = ()
    not_needed: tuple[StepLine, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    downtimes: tuple[DowntimeLine, ...] = ()
    point_of_no_return: StepLine | None = None
    critical_path: tuple[StepLine, ...] = ()
    expected_s: int = 0
    work_s: int = 0
    edits: tuple[EditLine, ...] = ()
    changes: tuple[ChangeLine, ...] = ()
    is_outdated: bool = False
    rollback: tuple[RestoreLine, ...] = ()
    digest: str = ""
    links: tuple[tuple[int, int, str], ...] = field(default=())
    slots: tuple[SlotView, ...] = ()  # who must approve the run; none in a preview

    @property
    def blocks(self) -> list[Conflict]:
        return [conflict for conflict in self.conflicts if conflict.severity == "block"]

    @property
    def warnings(self) -> list[Conflict]:
        return [conflict for conflict in self.conflicts if conflict.severity == "warn"]

    @property
    def needed_steps(self) -> list[StepLine]:
        return [step for step in self.steps if step.is_needed]

    @property
    def manual_steps(self) -> int:
        return sum(step.is_manual for step in self.needed_steps)

    @property
    def automated_steps(self) -> int:
        return len(self.needed_steps) - self.manual_steps
