"""The rows of the product beside the model: each difference in a sentence."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from releaseorch.environments.models import Environment, Installation
from releaseorch.runs.models import Attempt, Confirmation, DeploymentRun, RunTarget, Step
from releaseorch.waiting.models import Interval
from tests.runs.model import expected as e
from tests.runs.model import waiting

STEP = (
    "id",
    "state",
    "token",
    "owner__username",
    "is_taken_over",
    "requeues",
    "retries",
    "open_predecessors",
    "row_version",
)


@dataclass
class Rows:
    """Where the model's runs and steps are kept, and how they looked at the last comparison."""

    environment: Environment
    runs: list[tuple[e.Run, int]]
    steps: list[tuple[e.Run, e.Step, int]]
    tokens: dict[int, tuple[int, int]] = field(default_factory=dict)  # step id → the model's hands, the token
    versions: dict[int, list[int]] = field(default_factory=dict)  # step id → every version that was seen
    looks: dict[int, Any] = field(default_factory=dict)

    def differences(self, world: e.World) -> list[str]:
        steps = {row["id"]: row for row in Step.objects.filter(run__in=self._run_ids).values(*STEP)}
        attempts = self._attempts()
        return [
            *self._runs(),
            *(
                said
                for run, step, pk in self.steps
                for said in self._step(run, step, steps[pk], attempts[pk])
            ),
            *self._questions(),
            *self._waits(),
            *self._inventory(world),
        ]

    @property
    def _run_ids(self) -> list[int]:
        return [pk for _run, pk in self.runs]

    def _runs(self) -> Iterator[str]:
        states = dict(DeploymentRun.objects.filter(pk__in=self._run_ids).values_list("pk", "state"))
        held = defaultdict(set)
        active = RunTarget.objects.filter(run__in=self._run_ids, is_active=True)
        for pk, name in active.values_list("run_id", "component__name"):
            held[pk].add(name)
        for run, pk in self.runs:
            yield from _compare(f"run {pk}", state=(states[pk], run.state), held=(held[pk], run.held))

    def _step(
        self, run: e.Run, step: e.Step, row: Mapping[str, Any], attempts: list[dict[str, Any]]
    ) -> Iterator[str]:
        yield from _compare(
            step.key,
            state=(row["state"], step.state),
            owner=(row["owner__username"] if step.state in {"ready", "claimed"} else step.owner, step.owner),
            is_taken_over=(row["is_taken_over"], step.is_taken_over),
            requeues=(row["requeues"], step.requeues),
            retries=(row["retries"], step.retries),
            attempts=([_said(one) for one in attempts], [_meant(one) for one in step.attempts]),
        )
        if step.state == "pending" and run.state in e.UNDER_WAY:
            yield from _compare(step.key, waits_for=(row["open_predecessors"], run.waits_for(step)))
        if any(one["state"] == "running" and one["token"] != row["token"] for one in attempts):
            yield f"{step.key}: its attempt holds another token"
        yield from self._hands(step, row)
        yield from self._version(step, row)

    def _hands(self, step: e.Step, row: Mapping[str, Any]) -> Iterator[str]:
        """The token goes up with each change of owner, and only then."""
        hands, token = self.tokens.get(row["id"], (step.hands, row["token"]))
        if (step.hands > hands) != (row["token"] > token) or row["token"] < token:
            yield f"{step.key} changed hands {step.hands - hands} times, its token went from {token} to {row['token']}"
        self.tokens[row["id"]] = step.hands, row["token"]

    def _version(self, step: e.Step, row: Mapping[str, Any]) -> Iterator[str]:
        """Whoever sees the step as it was before is told that it was changed."""
        seen = self.versions.setdefault(row["id"], [])
        look = (step.state, step.hands, step.owner)
        has_changed = self.looks.get(row["id"], look) != look
        if has_changed and seen and row["row_version"] <= seen[-1]:
            yield f"{step.key} changed, its version didn't"
        if row["row_version"] not in seen:
            seen.append(row["row_version"])
        self.looks[row["id"]] = look

    def _attempts(self) -> dict[int, list[dict[str, Any]]]:
        found = defaultdict(list)
        rows = Attempt.objects.filter(step__run__in=self._run_ids).order_by("step_id", "number")
        for row in rows.values(
            "step_id",
            "token",
            "state",
            "person__username",
            "effect_started_at",
            "cancel_asked_at",
            "late_report",
        ):
            found[row["step_id"]].append(row)
        return found

    def _questions(self) -> Iterator[str]:
        found = Confirmation.objects.filter(step__run__in=self._run_ids, state__in=["asked", "alone"])
        asked, alone = {}, defaultdict(list)
        for pk, state, by, from_here in found.values_list(
            "step_id", "state", "asked_by__username", "from_here"
        ):
            if state == "asked":
                asked[pk] = by, from_here
            else:
                alone[pk].append(by)
        for _run, step, pk in self.steps:
            question = step.question and (step.question.by, step.question.from_here)
            yield from _compare(
                step.key, question=(asked.get(pk), question), alone=(sorted(alone[pk]), sorted(step.alone))
            )

    def _waits(self) -> Iterator[str]:
        """Of what is under way: one open primary interval for whatever isn't over, none for anything else."""
        found = defaultdict(list)
        rows = Interval.objects.filter(
            ended_at=None, is_primary=True, subject_kind__in=["run", "step", "confirmation"]
        )
        for kind, pk, blocker in rows.values_list("subject_kind", "subject_id", "blocker_kind"):
            found[kind, pk].append(blocker)
        wanted = {("step", pk): waiting.for_step(run, step) for run, step, pk in self.steps}
        wanted |= {("run", pk): waiting.for_run(run) for run, pk in self.runs if run.state != "approved"}
        for (kind, pk), right in wanted.items():
            is_right = (
                len(found[kind, pk]) == 1 and found[kind, pk][0] in right if right else not found[kind, pk]
            )
            if not is_right:
                yield f"{kind} {pk} waits for {found[kind, pk]} instead of {sorted(right)}"
        asked = sum(step.question is not None for _run, step, _pk in self.steps)
        waits = sum(len(blockers) for (kind, _pk), blockers in found.items() if kind == "confirmation")
        yield from _compare("second persons", asked=(waits, asked))

    def _inventory(self, world: e.World) -> Iterator[str]:
        rows = Installation.objects.filter(until=None, environment=self.environment)
        found = {
            name: (was, may_be)
            for name, was, may_be in rows.values_list(
                "component__name", "version__text", "uncertain_with__text"
            )
        }
        yield from _compare("inventory", installed=(found, world.inventory))


def _compare(what: str, **pairs: tuple[object, object]) -> Iterator[str]:
    for name, (there, wanted) in pairs.items():
        if there != wanted:
            yield f"{what}: {name} is {there!r} instead of {wanted!r}"


def _said(row: Mapping[str, Any]) -> tuple[object, ...]:
    late = row["late_report"]["outcome"] if row["late_report"] else None
    has_begun, is_asked = row["effect_started_at"] is not None, row["cancel_asked_at"] is not None
    return row["state"], row["person__username"], has_begun, is_asked, late


def _meant(attempt: e.Attempt) -> tuple[object, ...]:
    return attempt.state, attempt.person, attempt.has_begun, attempt.is_asked_to_stop, attempt.late
