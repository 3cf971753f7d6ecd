"""What planning gives back: steps, links, conflicts, and the digest that approvals are bound to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from releaseorch.delivery.planning.inputs import StepKind

StepState = Literal["pending", "not_needed"]
ConflictKind = Literal[
    "anchor-missing",
    "blocked-version",
    "connection-missing",
    "cycle",
    "frozen",
    "frozen",
    "missing-parameter",
    "nobody-approves",
    "other-run",
    "placement-missing",
    "prerequisite-missing",
    "procedure-invalid",
    "reserved",
    "two-versions",
    "uncertain-installation",
    "unknown-component",
    "unknown-version",
]
Severity = Literal["block", "warn"]

# What an approver signs; origins, whys and estimates may change without changing what runs.
DIGEST_FIELDS = (
    "key",
    "title",
    "kind",
    "phase",
    "executor",
    "connection",
    "parameters",
    "instructions",
    "component_id",
    "version_id",
    "version_text",
    "from_version_text",
    "target_id",
    "installs",
    "removes",
    "state",
    "team_id",
    "timeout_s",
    "silence_s",
    "effect_class",
    "retry",
    "decision_rules",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOut:
    """One step of the plan; `request_item_ids` and `why` say who put it there and by which rule.

    When it succeeds, a step that `installs` puts its version into the inventory, one that `removes` takes it out.
    `parameters` are filled in but for outputs of earlier steps; `template` is the same as the procedure has it, and
    `values` what it is to be filled with: whoever carries it out with those two sees which parts come from values.
    """

    key: str
    title: str
    kind: StepKind
    phase: str = ""
    executor: str = ""
    connection: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    template: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    instructions: str = ""
    component_id: int | None = None
    version_id: int | None = None
    version_text: str = ""
    from_version_text: str = ""
    target_id: int | None = None
    target_name: str = ""
    installs: bool = False
    removes: bool = False
    state: StepState = "pending"
    not_needed_because: str = ""
    team_id: int | None = None
    expected_seconds: int | None = None
    timeout_s: int | None = None
    silence_s: int | None = None
    decide_within_s: int | None = None
    retry: Mapping[str, Any] = field(default_factory=dict)
    decision_rules: Mapping[str, str] = field(default_factory=dict)
    effect_class: str = "D"
    reversible: str = "yes"
    downtime: str = "none"
    request_item_ids: tuple[int, ...] = ()
    why: str = ""


class LinkOut(NamedTuple):
    """`after` starts only when `before` is over, and why."""

    before: str
    after: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Something a person must resolve (`block`) or should know (`warn`), with what would help."""

    kind: ConflictKind
    severity: Severity
    sentence: str
    helps: str
    request_ids: tuple[int, ...] = ()
    component_id: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The computed plan: steps in an order in which they could be done one by one, and only the links needed."""

    steps: tuple[StepOut, ...]
    links: tuple[LinkOut, ...]
    conflicts: tuple[Conflict, ...]

    @property
    def digest(self) -> str:
        """Computed when it is asked for: of a large plan that takes a while."""
        return digest_of(map(signed_fields, self.steps), self.links)

    @property
    def is_blocked(self) -> bool:
        """Whether a conflict forbids to propose this plan."""
        return any(conflict.severity == "block" for conflict in self.conflicts)


def digest_of(steps: Iterable[Mapping[str, Any]], links: Iterable[tuple[str, str, *tuple[Any, ...]]]) -> str:
    """Return the SHA-256 (hex) of what the plan would do, for computed and edited plans alike.

    Only `DIGEST_FIELDS` of a step and the two ends of a link count; fields that are empty or absent count the
    same, and the order of steps and links doesn't matter.
    """
    content = {
        "steps": sorted((_without_empty(step) for step in steps), key=lambda signed: str(signed.get("key"))),
        "links": sorted([link[0], link[1]] for link in links),
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def make_plan(steps: Iterable[StepOut], links: Iterable[LinkOut], conflicts: Iterable[Conflict]) -> Plan:
    """Freeze a plan."""
    return Plan(tuple(steps), tuple(links), tuple(conflicts))


def signed_fields(step: StepOut) -> dict[str, Any]:
    """Return the fields of a step that an approver signs, as `digest_of` takes them."""
    return {name: getattr(step, name) for name in DIGEST_FIELDS}


def _without_empty(step: Mapping[str, Any]) -> dict[str, Any]:
    fields = ((name, step.get(name)) for name in DIGEST_FIELDS)
    return {name: value for name, value in fields if value not in (None, "", False, (), [], {})}
