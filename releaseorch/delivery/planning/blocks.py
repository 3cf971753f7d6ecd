"""One component's part of the plan: its steps on its targets, what is already there, and their links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from releaseorch.delivery.planning.draft import Draft
from releaseorch.delivery.planning.inputs import PHASES, PlacementIn, PlanInputs, ProcedureStepIn, TargetIn
from releaseorch.delivery.planning.inventory import Found, Inventory
from releaseorch.delivery.planning.plan import Conflict, ConflictKind, Severity, StepOut
from releaseorch.delivery.planning.procedures import Recipe, recipe_for, waves_for
from releaseorch.delivery.planning.rendering import Rendering, values_for
from releaseorch.delivery.planning.safety import hidden_problems
from releaseorch.delivery.planning.sentences import listed, named_requests, request_ids
from releaseorch.delivery.planning.wishes import Wish


@dataclass(slots=True)
class Block:
    """The steps of one wish in the draft; contracting steps are kept apart, since dependants come before them."""

    wish: Wish
    found: Found
    main: list[str] = field(default_factory=list)
    contracting: list[str] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)

    @property
    def keys(self) -> list[str]:
        return self.main + self.contracting


def add_block(
    draft: Draft,
    inputs: PlanInputs,
    inventory: Inventory,
    wish: Wish,
    placements: Sequence[PlacementIn],
    rank: int,
) -> Block:
    """Add the steps and inner links of one wish to the draft."""
    builder = _Builder(draft, inputs, inventory, wish, placements, rank)
    builder.add_steps()
    builder.add_links()
    builder.add_conflicts()
    return builder.block


class _Builder:
    def __init__(
        self,
        draft: Draft,
        inputs: PlanInputs,
        inventory: Inventory,
        wish: Wish,
        placements: Sequence[PlacementIn],
        rank: int,
    ) -> None:
        self.draft, self.environment, self.wish, self.rank = draft, inputs.environment, wish, rank
        self.recipe: Recipe = recipe_for(wish)
        self.waves = waves_for(wish.component, placements)
        self.targets = [target for wave in self.waves for target in wave]
        self.places = _Places(inventory, wish, self.targets, self.recipe)
        self.keys: dict[tuple[str, int | None], str] = {}
        self.missing: dict[tuple[str, Severity], list[str]] = {}
        self.malformed: dict[str, None] = {}
        self.block = Block(wish, self.places.everywhere)

    def add_steps(self) -> None:
        contracts = self.wish.kind != "remove"
        for index, step in enumerate(self.recipe.steps):
            for place, target in enumerate(self._targets_of(step)):
                rank = (self.rank, PHASES.index(step.phase), index, place)
                key = self.draft.add(self._step(step, target), rank)
                self.keys[step.key, target.id if target else None] = key
                is_contracting = contracts and step.phase == "contract"
                (self.block.contracting if is_contracting else self.block.main).append(key)
        if not self.block.main:
            self.block.main, self.block.contracting = self.block.contracting, []

    def add_links(self) -> None:
        for (before, after), why in self.recipe.links.items():
            for pair in self._pairs(before, after):
                self.draft.link([pair[0]], [pair[1]], why)
        for segment in sorted(set(self.recipe.segments.values())):
            self._roll(self.recipe.keys_rolling(segment))

    def add_conflicts(self) -> None:
        wish, name = self.wish, self.wish.component.name
        for problem in (*self.recipe.problems, *self.malformed):
            said = f"The {self.recipe.name} of {name} can't be followed: {problem.rstrip('.')}."
            self._conflict("procedure-invalid", "block", said, "Correct the procedure.")
        for (parameter, severity), steps in self.missing.items():
            said = f"{_steps(steps)} the parameter {parameter}, which nothing gives."
            help_ = f"Set {parameter} on {name}, its target or {self.environment.name}."
            self._conflict("missing-parameter", severity, said, help_)
        between = self.places.everywhere.uncertain_between
        if between:
            said = (
                f"Nobody knows whether {listed((text or 'nothing' for text in between), 'or')} of {name} is installed "
                f"in {self.environment.name}; {named_requests(wish.items)} goes over it."
            )
            self._conflict(
                "uncertain-installation", "warn", said, "Say what is installed before the run starts."
            )
        if not self.targets and any(step.per_target for step in self.recipe.steps):
            said = f"{name} has steps per target, yet it is placed on no target of {self.environment.name}."
            self._conflict("placement-missing", "warn", said, f"Place {name} on its targets.")

    def _targets_of(self, step: ProcedureStepIn) -> Sequence[TargetIn | None]:
        return self.targets if step.per_target and self.targets else [None]

    def _step(self, step: ProcedureStepIn, target: TargetIn | None) -> StepOut:
        found = self.places.on(target)
        key = step_key(self.wish, step, target)
        rendering = Rendering(values_for(self.wish, self.environment, target, found.text))
        parameters = rendering.parameters(step.parameters)
        instructions, title = rendering.text(step.instructions), rendering.text(step.title)
        self._note(key, rendering, hidden_problems(step.executor, step.parameters, parameters))
        reason = self._not_needed_because(target)
        return StepOut(
            key=key,
            title=_cut(_title(self.wish, step, title, target), 300),
            kind=step.kind,
            phase=step.phase,
            executor=step.executor,
            connection=step.connection,
            parameters=parameters,
            template=step.parameters,
            values=rendering.used,
            instructions=instructions,
            component_id=self.wish.component.id,
            version_id=self.wish.version_id,
            version_text=self.wish.version_text,
            from_version_text=_cut(found.text, 150),
            target_id=target.id if target else None,
            target_name=target.name if target else "",
            installs=step.installs and self.wish.kind != "remove",
            removes=step.installs and self.wish.kind == "remove",
            state="not_needed" if reason else "pending",
            not_needed_because=_cut(reason, 300),
            team_id=step.team_id if step.team_id is not None else self.wish.component.team_id,
            expected_seconds=step.expected_seconds,
            timeout_s=step.timeout_s,
            silence_s=step.silence_s,
            effect_class=step.effect_class,
            reversible=step.reversible,
            downtime=step.downtime,
            request_item_ids=self.wish.item_ids,
            why=self._why(step),
        )

    def _note(self, key: str, rendering: Rendering, hidden: Iterable[str]) -> None:
        """Remember what this step lacks: without a parameter it can't run, without a word people still can."""
        for name in rendering.missing:
            self.missing.setdefault((name, "block"), []).append(key)
        for name in rendering.missing_for_people:
            self.missing.setdefault((name, "warn"), []).append(key)
        self.malformed.update({f"step {key}: {problem}": None for problem in (*rendering.problems, *hidden)})

    def _why(self, step: ProcedureStepIn) -> str:
        rule = f"the {self.recipe.name}, phase {step.phase}" if self.recipe.name else "no procedure says how"
        return f"{self.wish.why}; {rule}."

    def _not_needed_because(self, target: TargetIn | None) -> str:
        found, name = self.places.on(target), self.wish.component.name
        where = f"on {target.name} in {self.environment.name}" if target else f"in {self.environment.name}"
        if self.wish.kind == "remove" and found.is_empty:
            return f"{name} is not installed {where}."
        if self.wish.kind == "deploy" and found.holds(self.wish.version_id, self.wish.version_text):
            return f"{self.wish.subject} is already installed {where}."
        return ""

    def _pairs(self, before: str, after: str) -> Iterator[tuple[str, str]]:
        """Pair two steps: target by target where both are per target, else each with each."""
        firsts = {target: key for (step, target), key in self.keys.items() if step == before}
        seconds = {target: key for (step, target), key in self.keys.items() if step == after}
        both = firsts.keys() == seconds.keys()
        for first_target, first in firsts.items():
            for second_target, second in seconds.items():
                if not both or first_target == second_target:
                    yield first, second

    def _roll(self, steps: Sequence[str]) -> None:
        last, first = self.recipe.keys_at_the_end_of(steps), self.recipe.keys_at_the_start_of(steps)
        for wave, following in pairwise(self.waves):
            why = f"One after another: {_names(wave)} before {_names(following)}."
            before = [self.keys[key, target.id] for target in wave for key in last]
            self.draft.link(before, [self.keys[key, target.id] for target in following for key in first], why)

    def _conflict(self, kind: ConflictKind, severity: Severity, sentence: str, helps: str) -> None:
        self.block.conflicts.append(
            Conflict(
                kind=kind,
                severity=severity,
                sentence=sentence,
                helps=helps,
                request_ids=request_ids(self.wish.items),
                component_id=self.wish.component.id,
            )
        )


class _Places:
    """What is installed where, as far as this recipe distinguishes: per target, or the environment as a whole."""

    def __init__(self, inventory: Inventory, wish: Wish, targets: Sequence[TargetIn], recipe: Recipe) -> None:
        component_id = wish.component.id
        self._by_target: dict[int, Found] = {}
        if targets and any(step.installs and step.per_target for step in recipe.steps):
            self._by_target = {target.id: inventory.on_target(component_id, target.id) for target in targets}
            self.everywhere = Found(tuple(row for found in self._by_target.values() for row in found.rows))
        else:
            self.everywhere = inventory.anywhere(component_id, [target.id for target in targets])

    def on(self, target: TargetIn | None) -> Found:
        return self._by_target.get(target.id, self.everywhere) if target else self.everywhere


def step_key(wish: Wish, step: ProcedureStepIn, target: TargetIn | None) -> str:
    """Return a stable, readable key, as in "claims-web.deploy@web-1"; its only dot is in front of the step's name."""
    name, application = _word(wish.component.name), _word(wish.component.application_name)
    if not name.startswith(application):
        name = f"{application}/{name}"
    return f"{name}.{step.key[:60]}" + (f"@{_word(target.name)}" if target else "")


def _word(text: str) -> str:
    """Shorten a name to what fits in a key and a web address."""
    kept = "".join(
        character if character.isalnum() or character == "_" else "-" for character in text.lower()
    )
    return kept.strip("-")[:45] or "x"


def _title(wish: Wish, step: ProcedureStepIn, rendered: str, target: TargetIn | None) -> str:
    title = rendered or f"{step.phase.capitalize()} {wish.subject}"
    return f"{title} on {target.name}" if target and "${target}" not in step.title else title


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _steps(keys: Sequence[str]) -> str:
    return f"Step {keys[0]} needs" if len(keys) == 1 else f"Steps {listed(keys)} need"


def _names(wave: Sequence[TargetIn]) -> str:
    return listed(target.name for target in wave)
