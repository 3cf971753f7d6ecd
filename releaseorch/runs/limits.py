"""How many steps run at once: of a run, in an environment, on a target, through a connection; each may have a limit.

A place is taken by a step that a tool works on, by its state alone: whatever ends that gives the place back. Whoever
looks at places locks the environment's row, after the run's: so no two take the last one, and nobody who begins to wait
is overlooked by somebody who gives a place back in the same moment. Steps that no limit concerns (`is_limited` on their
row) ask nothing of this.
"""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releaseorch.catalog.states import StepKind
from releaseorch.core import clock
from releaseorch.environments.models import Connection, Environment, Target
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import RUN_ACTIVE, RunState, StepState

Place = tuple[str, int | str]  # "run", "environment" or "target" with an id, "connection" with a name


@dataclass(frozen=True)
class Limit:
    """At most so many steps at once, where: `kind` is run, environment, target or connection, `id` the row's."""

    kind: str
    id: int
    name: str
    at_most: int

    @property
    def sentence(self) -> str:
        """Why a step waits."""
        said = ngettext(
            "Waits for a place: %(what)s lets %(n)d step run at once, and the place is taken.",
            "Waits for a place: %(what)s lets at most %(n)d steps run at once, and all places are taken.",
            self.at_most,
        )
        return said % {"what": self.name, "n": self.at_most}


@dataclass(frozen=True)
class Candidate:
    """A step and the places that it takes or would take."""

    id: int
    token: int
    run_id: int
    target_id: int | None
    connection: str

    def places(self, environment_id: int) -> Iterable[Place]:
        yield "environment", environment_id
        yield "run", self.run_id
        if self.target_id is not None:
            yield "target", self.target_id
        if self.connection:
            yield "connection", self.connection


class Places:
    """Who has the places of one environment, as it was read; `call` promises those that are free."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.limits = limits_in(environment)
        self.called: dict[int, int] = {}  # id and token of the steps that are next
        self._taken: Counter[Place] = Counter()
        for one in candidates(at_work_in(environment.pk)):
            self._take(one)

    def in_way(self, one: Candidate) -> Limit | None:
        """The limit that keeps the step from beginning."""
        if one.id in self.called:
            return None
        for place in one.places(self.environment.pk):
            limit = self.limits.get(place)
            if limit is not None and self._taken[place] >= limit.at_most:
                return limit
        return None

    def call(self) -> dict[int, int]:
        """Those whose turn it is, one for each free place: of the run that has the fewest at work the oldest."""
        lines: dict[int, deque[tuple[int, Candidate]]] = {}
        for age, one in enumerate(candidates(self._waiting())):
            lines.setdefault(one.run_id, deque()).append((age, one))
        while lines:
            run_id = min(lines, key=lambda run: (self._taken["run", run], lines[run][0][0]))
            _age, one = lines[run_id].popleft()
            if not lines[run_id]:
                del lines[run_id]
            if self.in_way(one) is None:
                self._take(one)
                self.called[one.id] = one.token
        return self.called

    def _take(self, one: Candidate) -> None:
        self._taken.update(one.places(self.environment.pk))

    def _waiting(self) -> QuerySet[Step]:
        """Of those that would take the same places no more than there can be."""
        now = clock.now()
        ready = Step.objects.filter(
            Q(not_before=None) | Q(not_before__lte=now),
            Q(run__begins_until=None) | Q(run__begins_until__gt=now),
            run__environment=self.environment,
            run__state=RunState.RUNNING,
            state=StepState.READY,
            kind=StepKind.AUTOMATED,
            is_taken_over=False,
            is_limited=True,
        )
        alike = Window(
            RowNumber(),
            partition_by=["run_id", "target_id", "connection"],
            order_by=[F("ready_at").asc(), F("pk").asc()],
        )
        most = max((limit.at_most for limit in self.limits.values()), default=1)
        return ready.annotate(place=alike).filter(place__lte=most).order_by("ready_at", "pk")


def look(run: DeploymentRun) -> Places:
    """Who has the places in the run's environment; the run's row is locked, its environment's from now on, too."""
    rows = Environment.objects.select_for_update(no_key=True)
    places = Places(rows.get(pk=run.environment_id))
    run._places = places  # type: ignore[attr-defined]
    return places


def in_way_of(step: Step, run: DeploymentRun) -> Limit | None:
    """The limit for which a ready step waits, by what was seen in this transaction."""
    if not step.is_limited:
        return None
    seen: Places | None = getattr(run, "_places", None)
    return (seen or look(run)).in_way(candidate_of(step))


def mark(runs: Iterable[DeploymentRun]) -> None:
    """Write on the steps of these runs, whose rows are locked, whether a limit concerns them."""
    through = Connection.objects.filter(
        environment=OuterRef("run__environment"), name=OuterRef("connection"), steps_at_once__isnull=False
    )
    concerned = (
        Q(run__steps_at_once__isnull=False)
        | Q(run__environment__steps_at_once__isnull=False)
        | Q(target__steps_at_once__isnull=False)
        | Q(Exists(through))
    )
    steps = Step.objects.filter(run__in=[run.pk for run in runs], kind=StepKind.AUTOMATED)
    # With another version of the row: nobody who has read it writes the mark back as it was.
    steps.filter(concerned, is_limited=False).update(is_limited=True, row_version=F("row_version") + 1)
    steps.exclude(concerned).filter(is_limited=True).update(
        is_limited=False, row_version=F("row_version") + 1
    )


def next_in_line() -> dict[int, int]:
    """Id and token of the steps whose turn it is, in all environments; a hint, since nothing is locked."""
    waiting = Step.objects.filter(state=StepState.READY, is_limited=True, run__state=RunState.RUNNING)
    found: dict[int, int] = {}
    for environment in Environment.objects.filter(pk__in=waiting.values("run__environment")):
        found |= Places(environment).call()
    return found


def at_work_in(environment_id: int) -> QuerySet[Step]:
    """The steps of an environment that have a place."""
    return Step.objects.filter(
        run__environment=environment_id, run__state__in=RUN_ACTIVE, state=StepState.RUNNING
    )


def candidates(steps: QuerySet[Step]) -> list[Candidate]:
    return [Candidate(*row) for row in steps.values_list("pk", "token", "run_id", "target_id", "connection")]


def candidate_of(step: Step) -> Candidate:
    return Candidate(step.pk, step.token, step.run_id, step.target_id, step.connection)


def limits_in(environment: Environment) -> dict[Place, Limit]:
    found: dict[Place, Limit] = {}
    if environment.steps_at_once is not None:
        here = Limit("environment", environment.pk, environment.name, environment.steps_at_once)
        found["environment", environment.pk] = here
    limited = {"environment": environment, "steps_at_once__isnull": False}
    for run in DeploymentRun.objects.filter(**limited, state__in=RUN_ACTIVE).only("title", "steps_at_once"):
        found["run", run.pk] = Limit("run", run.pk, str(run), run.steps_at_once or 0)
    of_each = ("pk", "name", "steps_at_once")
    for pk, name, most in Target.objects.filter(**limited).values_list(*of_each):
        found["target", pk] = Limit("target", pk, name, most or 0)
    for pk, name, most in Connection.objects.filter(**limited).values_list(*of_each):
        found["connection", name] = Limit(
            "connection", pk, _("the connection %(name)s") % {"name": name}, most or 0
        )
    return found
