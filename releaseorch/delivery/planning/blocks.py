"""One component's part of the plan: its steps on its targets, what is already there, and their links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from releaseorch.delivery.planning.draft import Draft
from releaseorch.delivery.planning.inputs import (
    PHASES,
    Phase,
    PlacementIn,
    PlanInputs,
    ProcedureStepIn,
    TargetIn,
)
from releaseorch.delivery.planning.inventory import Found, Inventory
from releaseorch.delivery.planning.plan import Conflict, ConflictKind, Severity, StepOut
from releaseorch.delivery.planning.procedures import Recipe, recipe_for, waves_for
from releaseorch.delivery.planning.rendering import Rendering, values_for
from releaseorch.delivery.planning.safety import hidden_problems
from releaseorch.delivery.planning.sentences import (
    either,
    listed,
    named_requests,
    phase_title,
    phase_word,
    request_ids,
)
from releaseorch.delivery.planning.wishes import Wish
from releaseorch.words import gettext as _
from releaseorch.words import ngettext


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
        self.unconnected: dict[tuple[str, str], list[str]] = {}
        self.block = Block(wish, self.places.everywhere)
        self.asked = wish.why
        self.whys: dict[Phase, str] = {}

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
        wish, places = self.wish, self._names()
        for problem in (*self.recipe.problems, *self.malformed):
            said = _("The %(procedure)s of %(component)s can't be followed: %(problem)s.")
            said %= {**places, "procedure": self.recipe.name, "problem": problem.rstrip(".")}
            self._conflict("procedure-invalid", "block", said, _("Correct the procedure."))
        for (parameter, severity), steps in self.missing.items():
            said = ngettext(
                "Step %(steps)s needs the parameter %(parameter)s, which nothing gives.",
                "Steps %(steps)s need the parameter %(parameter)s, which nothing gives.",
                len(steps),
            ) % {"steps": listed(steps), "parameter": parameter}
            helps = _("Set %(parameter)s on %(component)s, its target or %(environment)s.")
            self._conflict("missing-parameter", severity, said, helps % {**places, "parameter": parameter})
        for (connection, tool), steps in self.unconnected.items():
            self._no_connection(connection, tool, steps)
        between = self.places.everywhere.uncertain_between
        if between:
            said = ngettext(
                "Nobody knows whether %(versions)s of %(component)s is installed in %(environment)s; "
                "%(requests)s goes over it.",
                "Nobody knows whether %(versions)s of %(component)s is installed in %(environment)s; "
                "%(requests)s go over it.",
                len(request_ids(wish.items)),
            ) % {**places, "versions": either(between), "requests": named_requests(wish.items)}
            helps = _("Say what is installed before the run starts.")
            self._conflict("uncertain-installation", "warn", said, helps)
        if not self.targets and any(step.per_target for step in self.recipe.steps):
            said = _("%(component)s has steps per target, yet it is placed on no target of %(environment)s.")
            helps = _("Place %(component)s on its targets.")
            self._conflict("placement-missing", "warn", said % places, helps % places)

    def _no_connection(self, connection: str, tool: str, steps: Sequence[str]) -> None:
        named = {**self._names(), "connection": connection, "tool": tool, "steps": listed(steps)}
        known = self.environment.connections.get(connection)
        if known is None:
            said = ngettext(
                "Step %(steps)s needs the connection %(connection)s, which %(environment)s doesn't have.",
                "Steps %(steps)s need the connection %(connection)s, which %(environment)s doesn't have.",
                len(steps),
            )
        else:
            named["known"] = known
            said = _("The connection %(connection)s of %(environment)s is for %(known)s, not for %(tool)s.")
        helps = _("Make a connection %(connection)s for %(tool)s in %(environment)s.")
        self._conflict("connection-missing", "block", said % named, helps % named)

    def _names(self) -> dict[str, str]:
        return {"component": self.wish.component.name, "environment": self.environment.name}

    def _targets_of(self, step: ProcedureStepIn) -> Sequence[TargetIn | None]:
        return self.targets if step.per_target and self.targets else [None]

    def _step(self, step: ProcedureStepIn, target: TargetIn | None) -> StepOut:
        found = self.places.on(target)
        key = step_key(self.wish, step, target)
        rendering = Rendering(values_for(self.wish, self.environment, target, found.text))
        parameters = rendering.parameters(step.parameters)
        instructions, title = rendering.text(step.instructions), rendering.text(step.title)
        self._note(key, rendering, hidden_problems(step.executor, step.parameters, parameters))
        if step.connection and self.environment.connections.get(step.connection) != step.executor:
            self.unconnected.setdefault((step.connection, step.executor), []).append(key)
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
            decide_within_s=step.decide_within_s,
            retry=step.retry,
            decision_rules=step.decision_rules,
            effect_class=step.effect_class,
            reversible=step.reversible,
            downtime=step.downtime,
            request_item_ids=self.wish.item_ids,
            why=self._why(step.phase),
        )

    def _note(self, key: str, rendering: Rendering, hidden: Iterable[str]) -> None:
        """Remember what this step lacks: without a parameter it can't run, without a word people still can."""
        for name in rendering.missing:
            self.missing.setdefault((name, "block"), []).append(key)
        for name in rendering.missing_for_people:
            self.missing.setdefault((name, "warn"), []).append(key)
        for problem in (*rendering.problems, *hidden):
            said = _("step %(step)s: %(problem)s") % {"step": key, "problem": problem}
            self.malformed[said] = None

    def _why(self, phase: Phase) -> str:
        if phase not in self.whys:
            self.whys[phase] = self._why_of(phase)
        return self.whys[phase]

    def _why_of(self, phase: Phase) -> str:
        if not self.recipe.name:
            return _("%(wish)s; no procedure says how.") % {"wish": self.asked}
        named = {"wish": self.asked, "procedure": self.recipe.name, "phase": phase_word(phase)}
        return _("%(wish)s; the %(procedure)s, phase %(phase)s.") % named

    def _not_needed_because(self, target: TargetIn | None) -> str:
        found, said = self.places.on(target), ""
        if self.wish.kind == "remove" and found.is_empty:
            on_target = _("%(component)s is not installed on %(target)s in %(environment)s.")
            said = on_target if target else _("%(component)s is not installed in %(environment)s.")
        elif self.wish.kind == "deploy" and found.holds(self.wish.version_id, self.wish.version_text):
            on_target = _("%(subject)s is already installed on %(target)s in %(environment)s.")
            said = on_target if target else _("%(subject)s is already installed in %(environment)s.")
        names = {"subject": self.wish.subject, "target": target.name if target else ""}
        return said % {**self._names(), **names} if said else ""

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
            names = {"first": _names_of(wave), "following": _names_of(following)}
            why = _("One after another: %(first)s before %(following)s.") % names
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


@lru_cache(maxsize=4096)
def _word(text: str) -> str:
    """Shorten a name to what fits in a key and a web address."""
    kept = "".join(
        character if character.isalnum() or character == "_" else "-" for character in text.lower()
    )
    return kept.strip("-")[:45] or "x"


def _title(wish: Wish, step: ProcedureStepIn, rendered: str, target: TargetIn | None) -> str:
    title = rendered or phase_title(step.phase, wish.subject)
    if target is None or "${target}" in step.title:
        return title
    return _("%(step)s on %(target)s") % {"step": title, "target": target.name}


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _names_of(wave: Sequence[TargetIn]) -> str:
    return listed(target.name for target in wave)
