"""GOV.UK's busiest day lived again: 2 October 2024, forty applications taken back at once, and forward again.

The product has no verb for going back yet: whoever wants it asks for the earlier version, as the data's owners did.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

from releaseorch.core import clock
from releaseorch.core.errors import NotAllowed
from releaseorch.delivery import services
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.integrations.reenact import play
from releaseorch.integrations.reenact.play import Played, Timer
from releaseorch.integrations.reenact.stage import Stage, Way, set_up
from releaseorch.integrations.reenact.week import state_at
from releaseorch.integrations.sources.document import (
    ComponentKey,
    HistoryRow,
    ImportDocument,
    InstallationFound,
    PlaceKey,
    RequestFound,
)
from releaseorch.runs.models import DeploymentRun

BEGINS, ENDS = datetime(2024, 10, 2, tzinfo=UTC), datetime(2024, 10, 3, tzinfo=UTC)
PLACE = "production"
ARGO = Way("Set the image tag", "Set the image tag of ${component} to ${version}")


class Phase(NamedTuple):
    """A part of the day; what was merged in it is carried out at its end."""

    name: str
    ends: datetime


PHASES = (
    Phase("morning", datetime(2024, 10, 2, 14, tzinfo=UTC)),
    Phase("back", datetime(2024, 10, 2, 14, 30, tzinfo=UTC)),
    Phase("forward", ENDS),
)


@dataclass(slots=True)
class RunTold:
    """One run of the day: the commits in it, and where the inventory isn't as the data's replay has it after them."""

    phase: str
    run: DeploymentRun
    commits: list[RequestFound]
    differences: dict[PlaceKey, tuple[str, str]]

    @property
    def applications(self) -> set[str]:
        return {change.place.application for commit in self.commits for change in commit.changes}


@dataclass(slots=True)
class Day:
    """The day as it was played; `robot_told` is what the pipeline heard when it would approve its own request."""

    document: ImportDocument
    commits: list[RequestFound]
    stage: Stage
    played: Played
    requests: dict[int, RequestFound] = field(default_factory=dict)
    replayed: dict[PlaceKey, str | None] = field(default_factory=dict)
    runs: list[RunTold] = field(default_factory=list)
    differences: dict[PlaceKey, tuple[str, str]] = field(default_factory=dict)
    robot_told: str = ""

    def at(self, moment: datetime) -> AbstractContextManager[object]:
        """It is then, unless a worker of its own takes part, who knows only the real time."""
        return clock.at(moment) if self.played.workers else nullcontext()


def commits_of(document: ImportDocument) -> list[RequestFound]:
    """What was merged for production on that day, in order."""
    return [
        found
        for found in document.requests
        if BEGINS <= found.merged_at < ENDS
        and all(change.place.environment == PLACE for change in found.changes)
    ]


def last_versions(commits: Iterable[RequestFound]) -> list[RequestFound]:
    """The last commit of each application."""
    return list({commit.changes[0].place.application: commit for commit in commits}.values())


def reenact(document: ImportDocument, *, workers: int = 4) -> Day:
    """Live the day in a database that doesn't know it yet; needs real commits (no transaction around it)."""
    told = _set_up(document, commits_of(document), workers)
    left = list(told.commits)
    for phase in PHASES:
        merged = [commit for commit in left if commit.merged_at < phase.ends]
        left = left[len(merged) :]
        requests = [request for commit in merged for request in _file_and_approve(told, commit)]
        with told.at(phase.ends):
            _carry_out(told, requests, phase.name)
        told.differences |= _compared(told, state_at(document, phase.ends, PLACE))
    return told


def reenact_at_once(document: ImportDocument, *, workers: int = 4) -> Day:
    """Every application's last version of that day, all in one run."""
    told = _set_up(document, last_versions(commits_of(document)), workers)
    requests = [request for commit in told.commits for request in _file_and_approve(told, commit)]
    with told.at(ENDS):
        _carry_out(told, requests, "all at once")
    told.differences = _compared(told, state_at(document, ENDS, PLACE))
    return told


def _set_up(document: ImportDocument, commits: list[RequestFound], workers: int) -> Day:
    played = Played(workers=workers)
    with Timer(played, "import"):
        stage = set_up(_as_it_stood(document, commits), BEGINS, commits, ARGO)
    return Day(document, commits, stage, played, replayed={**state_at(document, BEGINS, PLACE)})


def _file_and_approve(told: Day, commit: RequestFound) -> list[DeploymentRequest]:
    """The merge stands for the approval; the data names the robot itself, so somebody invented gives it."""
    with told.at(min(commit.requested_at, commit.merged_at)), Timer(told.played, "filing"):
        requests = play.file_commit(told.stage, commit)
    told.requests |= {request.pk: commit for request in requests}
    with told.at(commit.merged_at):
        if not told.robot_told:
            told.robot_told = _robot_approves(told, requests[0])
        with Timer(told.played, "approving_requests"):
            play.approve(told.stage, requests)
    return requests


def _robot_approves(told: Day, request: DeploymentRequest) -> str:
    try:
        services.approve_request(actor=request.requester, request=request)
    except NotAllowed as refused:
        return " ".join(refused.reasons)
    return ""


def _carry_out(told: Day, requests: Sequence[DeploymentRequest], phase: str) -> None:
    """In as many runs as a component repeats; the inventory is compared after each."""

    def compare(run: DeploymentRun) -> None:
        ids = DeploymentRequest.objects.filter(run=run).order_by("pk").values_list("pk", flat=True)
        commits = [told.requests[pk] for pk in ids]
        for change in (change for commit in commits for change in commit.changes):
            told.replayed[change.place] = change.version
        told.runs.append(RunTold(phase, run, commits, _compared(told, told.replayed)))

    again = list(DeploymentRequest.objects.filter(pk__in=[one.pk for one in requests]).order_by("pk"))
    play.in_runs(told.stage, again, f"{phase.capitalize()} of 2 October", told.played, after_each=compare)


def _compared(
    told: Day, theirs: dict[PlaceKey, str] | dict[PlaceKey, str | None]
) -> dict[PlaceKey, tuple[str, str]]:
    """Place → (ours, the data set's), wherever they differ."""
    ours = told.stage.installed(PLACE)
    return {
        place: (ours.get(place, "nothing"), theirs.get(place) or "nothing")
        for place in sorted(ours.keys() | theirs.keys())
        if ours.get(place) != theirs.get(place)
    }


def _as_it_stood(document: ImportDocument, commits: Iterable[RequestFound]) -> ImportDocument:
    """What an import without history would have found when the day began; versions of the day are known."""
    there: dict[PlaceKey, HistoryRow] = {}
    for row in document.history:
        if row.at < BEGINS:
            there[row.place] = row
    installations = tuple(
        InstallationFound(row.place, row.version, row.at, row.source_key)
        for row in there.values()
        if row.version is not None
    )
    named = {(ComponentKey(*found.place[:2]), found.version) for found in installations}
    named |= {
        (ComponentKey(*change.place[:2]), change.version)
        for commit in commits
        for change in commit.changes
        if change.version is not None
    }
    return replace(
        document,
        versions=tuple(one for one in document.versions if (one.component, one.text) in named),
        installations=installations,
        history=(),
        requests=tuple(commits),
        records=(),
        refused=(),
        noted=(),
    )
