"""The table of a run's steps: by phase or layer, filtered, with what people can do on the spot."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.catalog.states import Phase
from releaseorch.core import looks
from releaseorch.core.actions import Action
from releaseorch.core.looks import Look
from releaseorch.runs import rights
from releaseorch.runs.models import Attempt, Step
from releaseorch.runs.queries import RunDetail, step_actions
from releaseorch.runs.states import STEP_FINAL, StepState
from releaseorch.waiting.models import Interval
from releaseorch.web.run_times import Span, Times
from releaseorch.web.times import duration

FEW = 20  # so many steps stand open at once
MOST_MINE = 6
MANY = 400  # beyond so many, a folded group brings its rows only when somebody opens it
MOST_ROWS = 500
Attempts = Mapping[int, Sequence[Attempt]]


@dataclass(frozen=True)
class Row:
    """A step; `began` and `ended` are what happened, else what is expected (`is_expected`). Late in minutes."""

    step: Step
    planned: datetime | None
    began: datetime | None
    ended: datetime | None
    is_expected: bool
    late: int | None
    wait: Interval | None
    is_critical: bool
    verbs: Sequence[Action]
    may_reassign: bool

    @property
    def look(self) -> Look:
        return look_of(self.step)

    @property
    def late_text(self) -> str:
        """ "+11 min" or "−2 min" against the plan; nothing within the minute."""
        if not self.late:
            return ""
        return f"{'+' if self.late > 0 else '−'}{duration(abs(self.late) * 60)}"

    @property
    def where(self) -> str:
        """The application, else the team."""
        if self.step.component is not None:
            return self.step.component.application.name
        return self.step.team.name if self.step.team is not None else ""

    @property
    def tone(self) -> str:
        """Rows that stand out: what stands still until a person acts."""
        if self.step.state == StepState.NEEDS_DECISION:
            return "decide"
        return "person" if is_for_people(self.step) else ""


@dataclass(frozen=True)
class Group:
    """A phase or a layer: how its steps stand, in one word."""

    ident: str
    label: str
    rows: Sequence[Row]
    tone: str
    word: str
    settled: int
    is_open: bool
    is_left_out: bool
    began: datetime | None
    ended: datetime | None

    @property
    def shown(self) -> Sequence[Row]:
        return () if self.is_left_out else self.rows[:MOST_ROWS]

    @property
    def more(self) -> int:
        return 0 if self.is_left_out else max(len(self.rows) - MOST_ROWS, 0)


@dataclass(frozen=True)
class Tab:
    name: str
    label: str
    count: int
    tone: str
    is_current: bool


ASKED = frozenset({StepState.CLAIMED, StepState.PROPOSED})


def is_for_people(step: Step) -> bool:
    return step.state in ASKED or (step.state == StepState.READY and step.is_manual)


def look_of(step: Step) -> Look:
    """The look of its state; a ready step that a person is to take says that it waits for one."""
    if step.state == StepState.READY and step.is_manual:
        return Look(_("Waiting for a person"), "person")
    return looks.look(step)


FILTERS: dict[str, Callable[[Step], bool]] = {
    "decide": lambda step: step.state == StepState.NEEDS_DECISION,
    "person": is_for_people,
    "running": lambda step: (
        step.state == StepState.RUNNING or (step.state == StepState.READY and not step.is_manual)
    ),
    "pending": lambda step: step.state == StepState.PENDING,
    "settled": lambda step: step.state in STEP_FINAL,
}


def table_of(
    detail: RunDetail, times: Times, attempts: Attempts, person: Person, query: Mapping[str, str]
) -> dict[str, Any]:
    """`?show=decide|person|running|pending|settled&by=layer&open=phase-3`."""
    show = query.get("show", "") if query.get("show") in FILTERS else ""
    by = "layer" if query.get("by") == "layer" else "phase"
    chosen = [step for step in detail.steps if not show or FILTERS[show](step)]
    verbs = _verbs(chosen, person)
    rows = [
        _row(
            step, times, attempts.get(step.pk, ()), detail.waits.get(step.pk), verbs.get(step.pk, ()), person
        )
        for step in chosen
    ]
    always = bool(show) or len(detail.steps) <= FEW
    return {
        "tabs": _tabs(detail.steps, show),
        "by": by,
        "show": show,
        "groups": _groups(rows, by, times, always, query.get("open", "")),
    }


def _verbs(steps: Sequence[Step], person: Person) -> dict[int, list[Action]]:
    """Take what waits, finish what is mine: one query for each of the latter that installs something."""
    found = {
        step.pk: step_actions(step, person, {"take"})
        for step in steps
        if step.state == StepState.READY and step.is_manual
    }
    mine = [step for step in steps if step.state == StepState.CLAIMED and step.owner_id == person.pk]
    for step in mine[:MOST_MINE]:
        found[step.pk] = step_actions(step, person, {"done", "failed", "hand_back"})
    return found


def _row(
    step: Step,
    times: Times,
    attempts: Sequence[Attempt],
    wait: Interval | None,
    verbs: Sequence[Action],
    person: Person,
) -> Row:
    planned, expected = times.planned.get(step.pk), times.expected.get(step.pk)
    has_begun = bool(attempts)
    began = attempts[0].started_at if has_begun else expected[0] if expected else None
    if step.state in STEP_FINAL:
        ended = step.ended_at if has_begun else None
    else:
        ended = expected[1] if expected and has_begun else None
    late = _late(planned, began, ended)
    return Row(
        step, planned[0] if planned else None, began, ended, step.state not in STEP_FINAL, late, wait,
        step.pk in times.critical, verbs, is_for_people(step) and not rights.why_not_reassign(person, step),
    )  # fmt: skip


def _late(planned: Span | None, began: datetime | None, ended: datetime | None) -> int | None:
    """Minutes after the plan: at its end if that is known, else at its begin."""
    if planned is None or began is None:
        return None
    is_from, should = (ended, planned[1]) if ended else (began, planned[0])
    return round((is_from - should).total_seconds() / 60)


def _tabs(steps: Sequence[Step], show: str) -> list[Tab]:
    named = [
        ("decide", _("Needs a decision"), "decide"),
        ("person", _("Waiting for a person"), "person"),
        ("running", _("Running"), "running"),
        ("pending", _("Not started"), "pending"),
        ("settled", _("Settled"), "succeeded"),
    ]
    tabs = [Tab("", _("All"), len(steps), "", not show)]
    for name, label, tone in named:
        count = sum(FILTERS[name](step) for step in steps)
        if count or name == show:
            tabs.append(Tab(name, label, count, tone, name == show))
    return tabs


def _groups(rows: Sequence[Row], by: str, times: Times, always: bool, opened: str) -> list[Group]:
    found: dict[tuple[int, str], list[Row]] = {}
    for row in rows:
        found.setdefault(_place(row.step, by, times), []).append(row)
    return [
        _group(
            f"{by}-{number}",
            label,
            found[(number, label)],
            always or opened == f"{by}-{number}",
            len(rows) > MANY,
        )
        for number, label in sorted(found)
    ]


def _place(step: Step, by: str, times: Times) -> tuple[int, str]:
    if by == "layer":
        layer = times.schedule.layer_of.get(step.key)
        return (layer, _("Layer %(n)d") % {"n": layer}) if layer else (10**6, _("Not needed"))
    phase = Phase(step.phase)
    return list(Phase).index(phase) + 1, str(phase.label).capitalize()


def _group(ident: str, label: str, rows: Sequence[Row], always: bool, many: bool) -> Group:
    tone, word = _word([row.step for row in rows])
    settled = sum(row.step.state in STEP_FINAL for row in rows)
    began = min((row.began for row in rows if row.began), default=None)
    ended = max((row.ended for row in rows if row.ended), default=None)
    is_open = always or any(row.tone or row.step.state == StepState.RUNNING for row in rows)
    return Group(ident, label, rows, tone, word, settled, is_open, many and not is_open, began, ended)


def _word(steps: Sequence[Step]) -> tuple[str, str]:
    """The loudest of its steps speaks for a group."""
    states = {step.state for step in steps}
    if StepState.NEEDS_DECISION in states:
        return "decide", _("Needs a decision")
    if any(is_for_people(step) for step in steps):
        return "person", _("Waiting for a person")
    if states & {StepState.RUNNING, StepState.READY}:
        return "running", _("Running")
    if StepState.PENDING in states:
        begun = states & (STEP_FINAL - {StepState.NOT_NEEDED})
        return ("running", _("Under way")) if begun else ("pending", _("Not started"))
    return _word_of_end(states)


def _word_of_end(states: set[str]) -> tuple[str, str]:
    if StepState.FAILED in states:
        return "failed", _("Failed")
    if states <= {StepState.NOT_NEEDED}:
        return "not-needed", _("Not needed")
    if states & {StepState.SKIPPED, StepState.CANCELLED}:
        return "skipped", _("With exceptions")
    return "succeeded", _("Succeeded")
