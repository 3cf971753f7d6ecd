"""Wikimedia's week lived again: staging after each commit, eqiad once a day, codfw once at the end of the week."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from releaseorch.core import clock
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.planning.plan import Conflict
from releaseorch.integrations.reenact import play
from releaseorch.integrations.reenact.play import Played, Timer
from releaseorch.integrations.reenact.stage import HELMFILE, Stage, set_up
from releaseorch.integrations.reenact.week import JUNE, Week, as_it_stood, commits_of, state_at
from releaseorch.integrations.sources.document import ImportDocument, PlaceKey, RequestFound
from releaseorch.runs.models import DeploymentRun

FIRST, DAILY, LAST = "staging", "eqiad", "codfw"
EVENING = timedelta(hours=23)


@dataclass(slots=True)
class Reenactment:
    """A week as it was played; `conflicts` are those of the whole week in one run, by component."""

    document: ImportDocument
    week: Week
    stage: Stage
    played: Played
    commits: list[RequestFound]
    requests: dict[str, list[DeploymentRequest]] = field(default_factory=dict)  # commit → its requests
    day_run: DeploymentRun | None = None
    day_differences: dict[PlaceKey, tuple[str, str]] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)

    def of(self, commits: Sequence[RequestFound], environment: str) -> list[DeploymentRequest]:
        """The requests of these commits to the environment, as they are now."""
        ids = [request.pk for commit in commits for request in self.requests[commit.key]]
        return list(
            DeploymentRequest.objects.filter(pk__in=ids, environment__name=environment).order_by("pk")
        )

    def differences(self, environment: str, moment: datetime) -> dict[PlaceKey, tuple[str, str]]:
        """Place → (ours, the data set's), wherever the inventory isn't as the data set has it before the moment."""
        ours, theirs = self.stage.installed(environment), state_at(self.document, moment, environment)
        return {
            place: (ours.get(place, "nothing"), theirs.get(place, "nothing"))
            for place in sorted(ours.keys() | theirs.keys())
            if ours.get(place) != theirs.get(place)
        }


def reenact(document: ImportDocument, week: Week = JUNE, *, workers: int = 1) -> Reenactment:
    """Live the week in a database that doesn't know it yet; needs real commits (no transaction around it)."""
    played = Played(workers=workers)
    with Timer(played, "import"):
        commits = commits_of(document, week)
        stage = set_up(as_it_stood(document, week), week.begins, commits, HELMFILE)
    told = Reenactment(document, week, stage, played, commits)
    for moment, happens in sorted(_happenings(told), key=lambda entry: entry[0]):
        with clock.at(moment):
            happens()
    return told


def _happenings(told: Reenactment) -> list[tuple[datetime, Callable[[], None]]]:
    """What happens when; of two things at one moment the first listed comes first."""
    listed: list[tuple[datetime, Callable[[], None]]] = []
    for commit in told.commits:
        filed_at = min(commit.requested_at, commit.merged_at)
        listed.append((filed_at, lambda commit=commit: _file(told, commit)))  # type: ignore[misc]
    for commit in told.commits:
        listed.append((commit.merged_at, lambda commit=commit: _merge(told, commit)))  # type: ignore[misc]
    day = told.week.begins
    while day < told.week.ends:
        listed.append((day + EVENING, lambda day=day: _daily(told, day)))  # type: ignore[misc]
        day += timedelta(days=1)
    listed.append((told.week.ends - timedelta(minutes=30), lambda: _whole_week(told)))
    return listed


def _file(told: Reenactment, commit: RequestFound) -> None:
    with Timer(told.played, "filing"):
        told.requests[commit.key] = play.file_commit(told.stage, commit)


def _merge(told: Reenactment, commit: RequestFound) -> None:
    """The merge stands for the approval; staging follows at once."""
    with Timer(told.played, "approving_requests"):
        play.approve(told.stage, told.requests[commit.key])
    play.in_runs(told.stage, told.of([commit], FIRST), f"{commit.key} to {FIRST}", told.played)


def _daily(told: Reenactment, day: datetime) -> None:
    merged = [commit for commit in told.commits if day <= commit.merged_at < day + timedelta(days=1)]
    title = f"{day.date().isoformat()} to {DAILY}"
    carried_out = play.in_runs(told.stage, told.of(merged, DAILY), title, told.played)
    if day.date().isoformat() == told.week.day:
        (told.day_run,) = carried_out
        told.day_differences = told.differences(DAILY, day + timedelta(days=1))


def _whole_week(told: Reenactment) -> None:
    """Everything at once: what contradicts itself is named, and its younger half goes into runs of its own."""
    title, requests = f"The whole week to {LAST}", told.of(told.commits, LAST)
    play.in_runs(told.stage, requests, title, told.played, told.conflicts)
