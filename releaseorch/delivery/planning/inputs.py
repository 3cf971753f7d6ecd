"""What the planner is told: requests' items, the catalogue, the inventory and the environment, as plain facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

ItemKind = Literal["deploy", "redeploy", "remove", "manual"]
ItemPlacement = Literal["before", "after", "with"]
Phase = Literal["prepare", "stop", "expand", "deploy", "start", "verify", "contract"]
StepKind = Literal["automated", "manual"]
DependencyReason = Literal["deploy-before", "runtime"]
Reversible = Literal["yes", "person", "no"]
Downtime = Literal["none", "takes_down", "brings_back"]
Rollout = Literal["rolling", "group"]

PHASES: tuple[Phase, ...] = ("prepare", "stop", "expand", "deploy", "start", "verify", "contract")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemIn:
    """One line of an approved request; without `anchor_item_id` a manual line belongs to the whole request."""

    id: int
    request_id: int
    request_number: int
    kind: ItemKind
    component_id: int | None = None
    version_id: int | None = None
    version_text: str = ""
    title: str = ""
    instructions: str = ""
    team_id: int | None = None
    position: int = 0
    placement: ItemPlacement = "with"
    anchor_item_id: int | None = None
    expected_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureStepIn:
    """One step of a procedure; `after` names steps of the same procedure, phases order the rest."""

    key: str
    phase: Phase
    kind: StepKind = "automated"
    executor: str = ""
    connection: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    instructions: str = ""
    after: tuple[str, ...] = ()
    per_target: bool = False
    installs: bool = False
    effect_class: str = "D"
    timeout_s: int | None = None
    silence_s: int | None = None
    decide_within_s: int | None = None
    retry: Mapping[str, Any] = field(default_factory=dict)
    decision_rules: Mapping[str, str] = field(default_factory=dict)  # in this environment
    expected_seconds: int | None = None
    reversible: Reversible = "yes"
    downtime: Downtime = "none"
    team_id: int | None = None
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureIn:
    """How a component is deployed.

    Steps per target go one target after another (`rolling`), or to all targets at once (`group`).
    """

    id: int
    name: str
    version: int
    steps: tuple[ProcedureStepIn, ...]
    rollout: Rollout = "rolling"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentIn:
    """A component of the plan, or one that a component of the plan depends on."""

    id: int
    name: str
    application_id: int
    application_name: str
    team_id: int | None = None
    team_name: str = ""
    procedure: ProcedureIn | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionIn:
    """What is known of an artifact; a non-empty `blocked_reason` means: don't use it."""

    id: int
    component_id: int
    text: str
    artifact_uri: str = ""
    digest: str = ""
    commit: str = ""
    blocked_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyIn:
    """`component_id` needs `needs_id`; only the reason deploy-before orders steps."""

    component_id: int
    needs_id: int
    reason: DependencyReason = "deploy-before"


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetIn:
    """A server, cluster or device of the environment; its facts can be used as parameters."""

    id: int
    name: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementIn:
    """A component on a target; targets go by `order`, neighbours with the same non-empty `group` together."""

    component_id: int
    target: TargetIn
    order: int = 0
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledIn:
    """What runs now: on a target, or (without one) in the environment as a whole."""

    component_id: int
    target_id: int | None = None
    version_id: int | None = None
    version_text: str = ""
    uncertain_between: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentIn:
    """Where the plan is carried out; its parameters are the weakest, everything else may override them.

    `connections` are those it has, by name, with the tool each is for.
    """

    name: str
    connections: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInputs:
    """Everything a plan depends on; the order inside the tuples never matters."""

    environment: EnvironmentIn
    items: tuple[ItemIn, ...]
    components: tuple[ComponentIn, ...] = ()
    versions: tuple[VersionIn, ...] = ()
    dependencies: tuple[DependencyIn, ...] = ()
    placements: tuple[PlacementIn, ...] = ()
    installed: tuple[InstalledIn, ...] = ()
