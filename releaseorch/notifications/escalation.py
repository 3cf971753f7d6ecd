"""A decision that waits longer than its procedure allows goes up: taker → team → on-call → release managers, each once.

With an hour allowed, the first is called after one hour, the next after two, and so on; a level without anybody
who could be told is passed over.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import SystemRandom

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releaseorch.accounts.models import Person
from releaseorch.accounts.roles import Role
from releaseorch.audit import events
from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.core.actor import SYSTEM
from releaseorch.notifications import audience, inbox, step_news, webhook
from releaseorch.notifications.inbox import cut
from releaseorch.notifications.kinds import Kind
from releaseorch.notifications.models import Escalation
from releaseorch.notifications.states import Level
from releaseorch.runs import attempts, progress, rights, waits
from releaseorch.runs.models import Step
from releaseorch.runs.rows import WITH_NAMES
from releaseorch.runs.states import RUN_ACTIVE, StepState
from releaseorch.waiting import ledger
from releaseorch.waiting.ledger import WaitsFor
from releaseorch.waiting.models import Blocker

EVERY_S = 10.0
MOST = 200  # in one round
some = SystemRandom().sample  # not the first: what reaches nobody is tried again, and holds up no other


@dataclass(frozen=True)
class Called:
    """One level of the way up: how it is named, and which people of the house it is."""

    level: Level
    name: str
    people: frozenset[int]


def escalate() -> int:
    """Call whoever is due; returns how many levels were called."""
    late = Step.objects.filter(
        state=StepState.NEEDS_DECISION, decide_within_s__gt=0, run__state__in=sorted(RUN_ACTIVE)
    )
    allowed = {pk: seconds or 0 for pk, seconds in late.values_list("pk", "decide_within_s")}
    since = {pk: wait.started_at for pk, wait in ledger.open_waits("step", allowed).items()}
    called = _called(since)
    due = {pk: int((clock.now() - at) / timedelta(seconds=allowed[pk])) for pk, at in since.items()}
    behind = [pk for pk in due if _goes_on(due[pk], called[pk])]
    if len(behind) > MOST:
        behind = some(behind, MOST)
    steps = late.filter(pk__in=behind).select_related(*WITH_NAMES, "run__environment").order_by("pk")
    return sum(_escalate(step, since[step.pk], due[step.pk], called[step.pk]) for step in steps)


def _called(since: dict[int, datetime]) -> dict[int, set[str]]:
    """The levels that were called about each step in this wait."""
    found: dict[int, set[str]] = {pk: set() for pk in since}
    rows = Escalation.objects.filter(step__in=list(since))
    for pk, at, level in rows.values_list("step_id", "since", "level"):
        if at == since[pk]:
            found[pk].add(level)
    return found


def _goes_on(due: int, called: set[str]) -> bool:
    """Whether somebody may have to be called now, seen without asking who they are."""
    return len(called) < due and str(Level.RELEASE_MANAGER) not in called


def _escalate(step: Step, since: datetime, due: int, called: set[str]) -> int:
    fresh = [one for one in way_up(step)[:due] if str(one.level) not in called]
    return sum(_call(step, since, one) for one in fresh)


def way_up(step: Step) -> list[Called]:
    """Whom this step's decision goes to, in this order; about nine queries."""
    team = waits.team_of(step)
    levels = [_taker(step)]
    if team is not None:
        note = cut(team.on_call_note, 200).rstrip(".")
        levels.append(
            Called(Level.TEAM, _("team %(team)s") % {"team": team.name}, _ids(audience.members([team.pk])))
        )
        levels.append(Called(Level.ON_CALL, _("on call: %(note)s") % {"note": note} if note else "",
                             _ids(audience.named_in(team.on_call_note))))  # fmt: skip
    managers = audience.with_role([Role.RELEASE_MANAGER], rights.scope_of_step(step, step.run))
    levels.append(Called(Level.RELEASE_MANAGER, _("the release managers"), _ids(managers)))
    there = audience.who_are_there(pk for one in levels for pk in one.people)
    levels = [replace(one, people=one.people & there) for one in levels]
    return [one for one in levels if one.people or (one.level == Level.ON_CALL and one.name)]


def _taker(step: Step) -> Called:
    """Who had the step, else who started the run."""
    last = attempts.latest(step)
    if last is not None and last.person is not None:
        return Called(Level.TAKER, last.person.name, frozenset({last.person.pk}))
    started = Event.objects.filter(subject_kind="run", subject_id=step.run_id, verb="run.started").first()
    if started is None or started.actor_id is None:
        return Called(Level.TAKER, "", frozenset())
    return Called(Level.TAKER, started.actor_name, frozenset({started.actor_id}))


def _ids(people: Iterable[int]) -> frozenset[int]:
    return frozenset(people)


def _call(step: Step, since: datetime, called: Called) -> int:
    """Written once; what the people and the pager are told goes out by their queues."""
    minutes = int((clock.now() - since).total_seconds() // 60)
    waited = ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    said = {"step": step, "run": step.run, "waited": waited, "who": called.name}
    sentence = (
        _("Nobody has decided on step %(step)s of %(run)s for %(waited)s; now it is up to %(who)s.") % said
    )
    try:
        with transaction.atomic():
            made = Escalation.objects.create(
                step=step, since=since, level=called.level, told=cut(called.name, 300)
            )
            _tell(step, made, called, sentence)
    except IntegrityError:  # another housekeeper was first
        return 0
    return 1


def _tell(step: Step, made: Escalation, called: Called, sentence: str) -> None:
    events.record(
        actor=SYSTEM,
        verb="step.escalated",
        subject=step,
        after={"told": made.told, "level": str(called.level)},
        reason=sentence,
        topics=[*progress.topics(step.run_id), "work"],
    )
    ledger.ask_besides("step", step.pk, _blockers(step, called, sentence))
    why = _("It goes up to you: %(level)s.") % {"level": called.level.label}
    inbox.write([step_news.news(step, Kind.ESCALATED, called.people, sentence, why)], once=f"call:{made.pk}")
    webhook.enqueue(made, sentence)


def _blockers(step: Step, called: Called, sentence: str) -> list[WaitsFor]:
    """Whom the ledger names besides: a team and a role as such, of the others each person."""
    team = waits.team_of(step)
    team_id = team.pk if team is not None else None
    if called.level == Level.TEAM and team is not None:
        return [WaitsFor(Blocker.TEAM, team.name, sentence, team.pk, team_id)]
    if called.level == Level.RELEASE_MANAGER:
        return [WaitsFor(Blocker.ROLE, str(Role.RELEASE_MANAGER.label), sentence, None, team_id)]
    people = Person.objects.filter(pk__in=called.people).order_by("pk")
    named = [WaitsFor(Blocker.PERSON, one.name, sentence, one.pk, team_id) for one in people]
    return named or [WaitsFor(Blocker.OUTSIDE, called.name, sentence, None, team_id)]
