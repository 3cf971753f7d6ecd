"""What a person must see before deciding on a step, and what each choice would cause."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releaseorch.accounts.models import Person, Team
from releaseorch.catalog.models import Application
from releaseorch.core.actions import Action, Field
from releaseorch.delivery import origin_queries
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.environments import inventory
from releaseorch.environments.models import Installation
from releaseorch.runs import graph, queries, rights, waits
from releaseorch.runs.models import Attempt, LateReport, Step
from releaseorch.runs.queries import SecondPerson
from releaseorch.runs.states import STEP_OPEN, AttemptState, StepState
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
class Known:
    """What the rows say about a step that is to be decided on."""

    attempts: Sequence[Attempt]
    late: Sequence[tuple[Attempt, LateReport]]
    requests: Sequence[DeploymentRequest]
    installed: Installation | None


@dataclass(frozen=True)
class DecisionCard:
    """A step that needs a decision, with the evidence: nobody decides blindly on what may still be at work.

    `lines` are the last of its log unless `closed` says who may read them; `late` is what workers said too late.
    """

    step: Step
    attempts: Sequence[Attempt]
    late: Sequence[tuple[Attempt, LateReport]]
    requests: Sequence[DeploymentRequest]
    lines: str
    closed: str
    behind: Sequence[Step]
    team: Team | None
    application: Application | None
    installed: Installation | None
    choices: Sequence[Choice]
    second: Sequence[SecondPerson]
    versions: Field | None
    why_not: str

    @property
    def last(self) -> Attempt | None:
        return self.attempts[-1] if self.attempts else None

    @property
    def is_unknown(self) -> bool:
        return self.last is not None and self.last.state == AttemptState.UNKNOWN

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

    Three queries for all (late reports, requests, inventory), and a few per card (log, versions, second person).
    """
    rows = [step for step in wanted if step.state == StepState.NEEDS_DECISION]
    late = _late_reports(rows)
    requests = origin_queries.requests_behind([step.pk for step in rows])
    components = {step.component_id for step in rows if step.component_id is not None}
    found = inventory.current([rows[0].run.environment_id], components) if components else []
    there = {(row.component_id, row.target_id): row for row in found}
    known = {
        step.pk: Known(
            tries := attempts.get(step.pk, ()),
            [(one, late[one.pk]) for one in tries if one.pk in late],
            requests.get(step.pk, ()),
            there.get((step.component_id or 0, step.target_id)),
        )
        for step in rows
    }
    return [_card(step, steps, links, known[step.pk], person, now, stop) for step in rows]


def _late_reports(steps: Sequence[Step]) -> dict[int, LateReport]:
    """Attempt id → what was said too late; read here, since a page's attempts come without; one query at most."""
    if not steps:
        return {}
    rows = Attempt.objects.filter(step__in=steps, late_report__isnull=False)
    return {pk: LateReport.of(kept) for pk, kept in rows.values_list("pk", "late_report") if kept}


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
    known: Known,
    person: Person,
    now: datetime,
    stop: Action | None,
) -> DecisionCard:
    actions = {action.verb: action for action in queries.step_actions(step, person, ASKED)}
    closed = rights.why_not_read(person, step)
    stuck = behind(step, steps, links)
    done, retry = actions.get("mark-done"), actions.get("retry")
    without = _clock(run_times.end_of(steps, links, now, without=step))
    ends = {
        "retry": _clock(run_times.end_of(steps, links, now)),
        "take-over": _("your time"),
        "mark-done": without,
        "skip": without,
        "mark-failed": _("no end"),
    }
    small = {
        "retry": " ".join(
            [_("Attempt %(n)d with the same inputs.") % {"n": len(known.attempts) + 1}, retry.consequence]
        )
        if retry is not None
        else "",
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
        attempts=known.attempts,
        late=known.late,
        requests=known.requests,
        lines=queries.log_tail(known.attempts[-1], LINES) if known.attempts and not closed else "",
        closed=closed,
        behind=stuck,
        team=waits.team_of(step),
        application=step.component.application if step.component else None,
        installed=known.installed,
        choices=choices,
        second=queries.second_person_of_step(step, person),
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
