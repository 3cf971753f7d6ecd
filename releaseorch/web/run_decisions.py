"""What a person must see before deciding on a step, and what each choice would cause."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releaseorch.accounts.models import Person, Team
from releaseorch.catalog.models import Application
from releaseorch.core.actions import Action, Field
from releaseorch.environments import inventory
from releaseorch.environments.models import Installation
from releaseorch.runs import graph, queries, rights, waits
from releaseorch.runs.models import Attempt, Step
from releaseorch.runs.states import STEP_OPEN, StepState
from releaseorch.web import run_times, times

LINES = 20
VERBS = ("retry", "take-over", "mark-done", "skip", "mark-failed")
ASKED = frozenset(verb.replace("-", "_") for verb in VERBS)
Links = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Choice:
    """One way on: `kind` is what the form sends, `end` when the run would be over then."""

    kind: str
    label: str
    end: str
    small: str
    is_allowed: bool


@dataclass(frozen=True)
class DecisionCard:
    """A step that needs a decision; `lines` are the last of its log unless `closed` says who may read them."""

    step: Step
    attempts: Sequence[Attempt]
    lines: str
    closed: str
    behind: Sequence[Step]
    team: Team | None
    application: Application | None
    installed: Installation | None
    choices: Sequence[Choice]
    versions: Field | None
    why_not: str

    @property
    def last(self) -> Attempt | None:
        return self.attempts[-1] if self.attempts else None

    @property
    def behind_shown(self) -> Sequence[Step]:
        return self.behind[:8]

    @property
    def behind_more(self) -> int:
        return max(len(self.behind) - 8, 0)


def cards_of(
    wanted: Iterable[Step],
    steps: Sequence[Step],
    links: Links,
    attempts: Mapping[int, Sequence[Attempt]],
    person: Person,
    now: datetime,
    stop: Action | None = None,
) -> list[DecisionCard]:
    """A card for each wanted step, `stop` (the run's verb) among its choices.

    One query for the inventory, and two per card (log, versions).
    """
    rows = [step for step in wanted if step.state == StepState.NEEDS_DECISION]
    components = {step.component_id for step in rows if step.component_id is not None}
    found = inventory.current([rows[0].run.environment_id], components) if components else []
    there = {(row.component_id, row.target_id): row for row in found}
    return [
        _card(
            step,
            steps,
            links,
            attempts.get(step.pk, ()),
            there.get((step.component_id or 0, step.target_id)),
            person,
            now,
            stop,
        )
        for step in rows
    ]


def behind(step: Step, steps: Iterable[Step], links: Links) -> list[Step]:
    """Every open step that stands still until this one is over, in order."""
    by_id = {one.pk: one for one in steps if one.state in STEP_OPEN}
    after = graph.successors_of(by_id, [(a, b) for a, b in links if a in by_id and b in by_id])
    found: set[int] = set()
    waiting = [step.pk]
    while waiting:
        fresh = [pk for pk in after.get(waiting.pop(), ()) if pk not in found]
        found.update(fresh)
        waiting.extend(fresh)
    return sorted((by_id[pk] for pk in found), key=lambda one: one.number)


def _card(
    step: Step,
    steps: Sequence[Step],
    links: Links,
    attempts: Sequence[Attempt],
    installed: Installation | None,
    person: Person,
    now: datetime,
    stop: Action | None,
) -> DecisionCard:
    actions = {action.verb: action for action in queries.step_actions(step, person, ASKED)}
    closed = rights.why_not_read(person, step)
    stuck = behind(step, steps, links)
    done = actions.get("mark-done")
    without = _clock(run_times.end_of(steps, links, now, without=step))
    ends = {
        "retry": _clock(run_times.end_of(steps, links, now)),
        "take-over": _("your time"),
        "mark-done": without,
        "skip": without,
        "mark-failed": _("no end"),
    }
    small = {
        "retry": _("Attempt %(n)d with the same inputs; the ones before stay as they are.")
        % {"n": len(attempts) + 1},
        "take-over": _("You do it by hand and say how it went; no tool touches it again."),
        "mark-done": _("Counts as done by hand.") + " " + _go_on(len(stuck)),
        "skip": _go_on(len(stuck)) + " " + _left_open(step),
        "mark-failed": _never(len(stuck)),
    }
    choices = [
        Choice(
            verb.replace("-", "_"),
            actions[verb].label,
            ends[verb],
            _why(actions[verb].why_not, small[verb]),
            actions[verb].allowed,
        )
        for verb in VERBS
        if verb in actions
    ]
    choices += [_stop(stop)] if stop is not None else []
    refused = {action.why_not for action in actions.values() if not action.allowed}
    return DecisionCard(
        step=step,
        attempts=attempts,
        lines=queries.log_tail(attempts[-1], LINES) if attempts and not closed else "",
        closed=closed,
        behind=stuck,
        team=waits.team_of(step),
        application=step.component.application if step.component else None,
        installed=installed,
        choices=choices,
        versions=next((field for field in done.fields if field.name == "installed"), None) if done else None,
        why_not=refused.pop() if len(refused) == 1 and not any(one.is_allowed for one in choices) else "",
    )


def _stop(action: Action) -> Choice:
    return Choice(
        action.verb, action.label, _("over now"), _why(action.why_not, action.consequence), action.allowed
    )


def _why(why_not: str, small: str) -> str:
    return why_not or small


def _clock(moment: datetime) -> str:
    return _("end %(time)s") % {"time": times.time_of_day(moment)}


def _go_on(count: int) -> str:
    if not count:
        return _("Nothing waits for it.")
    return ngettext("%(n)d step goes on.", "%(n)d steps go on.", count) % {"n": count}


def _never(count: int) -> str:
    if not count:
        return _("Nothing waits for it; the run ends with an exception.")
    said = ngettext(
        "%(n)d step will not begin in this run.", "%(n)d steps will not begin in this run.", count
    )
    return said % {"n": count}


def _left_open(step: Step) -> str:
    if step.component is None or not (step.installs or step.removes):
        return _("Nothing changes in the inventory.")
    return _("%(component)s stays as it was left.") % {"component": step.component.name}
