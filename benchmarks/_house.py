"""A house of any size, written in bulk: so many rows of each noun, the older ones shared as they are in a company.

What a page shows whole has the size that it has in a company, at most `NATURAL` (components of an application, steps of
a run, features of a release); what it pages may be anything: half of all requests are of the first application, half of
all versions of its first component. Rows are inserted without services: a benchmark measures reading.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from django.db.models import Model

from releaseorch.accounts.models import Person, RoleGrant, Team, TeamMember, Token
from releaseorch.accounts.roles import Role
from releaseorch.audit import seals
from releaseorch.audit.models import Event
from releaseorch.catalog.models import (
    Application,
    Component,
    ComponentDependency,
    ComponentVersion,
    Procedure,
    ProcedureStep,
)
from releaseorch.catalog.states import Phase, StepKind
from releaseorch.core import clock
from releaseorch.delivery.models import (
    Approval,
    DeploymentRequest,
    RequestComment,
    RequestFeature,
    RequestItem,
)
from releaseorch.delivery.states import REQUEST_FINAL, ItemKind, RequestState, Verdict
from releaseorch.environments.models import (
    Connection,
    Environment,
    Freeze,
    Installation,
    Placement,
    Reservation,
    Target,
)
from releaseorch.environments.states import SourceKind
from releaseorch.features.models import (
    Feature,
    FeatureInVersion,
    FeatureScope,
    Release,
    ReleaseFeature,
    ReleaseMilestone,
)
from releaseorch.features.states import FeatureStatus, MilestoneKind, ReleaseState
from releaseorch.notifications.kinds import Kind
from releaseorch.notifications.models import InboxEntry
from releaseorch.policies.models import ApprovalPolicy, ApprovalSlot
from releaseorch.policies.models import Subject as ApprovedSubject
from releaseorch.runs.models import Attempt, Comment, DeploymentRun, RunTarget, Step, StepLink
from releaseorch.runs.states import RUN_FINAL, AttemptState, RunState, StepState
from releaseorch.waiting.models import Blocker, Interval
from releaseorch.web.models import KeptForm

M = TypeVar("M", bound=Model)
NO_LOG_IN = "!"
NATURAL = 30
FEW = 6  # what there are a handful of at a time: freezes ahead, drafts of runs, tokens of a person
ENVIRONMENTS = 6  # each is a column of every matrix: no company has as many as it has requests
EVENTS_OF = ("request", "run", "step", "person", "team", "application", "release", "feature", "environment")
OPEN_REQUESTS = (
    RequestState.SUBMITTED,
    RequestState.SENT_BACK,
    RequestState.APPROVED,
    RequestState.DRAFT,
    RequestState.FAILED,
)
# Run 1 is planned and run 2 under way, so that both of a run's pages are there.
DRAFT, LIVE = 0, 1


class BulkHouse:
    """Rows that were made so far, by noun; `grow(n)` makes them `n` of each."""

    def __init__(self) -> None:
        self.now = clock.now()
        self.made = 0
        self.rows: dict[type[Model], list[Any]] = {}
        self.reader = Person.objects.create(username="reader", name="Reader", password=NO_LOG_IN)
        for role in (Role.ADMINISTRATOR, Role.RELEASE_MANAGER, Role.DEVELOPER, Role.OPERATOR):
            RoleGrant.objects.create(person=self.reader, role=role)
        self._add(
            Environment(name=f"Environment {n}", slug=f"environment-{n}", rank=n) for n in range(ENVIRONMENTS)
        )

    def grow(self, to: int) -> "BulkHouse":
        first, self.made = self.made, to
        new = range(first, to)
        natural = range(min(first, NATURAL), min(to, NATURAL))
        for grown in (
            self._people,
            self._catalog,
            self._features,
            self._places,
            self._runs,
            self._requests,
            self._installed,
            self._told,
        ):
            grown(new, natural)
        return self

    def _add(self, rows: Iterable[M]) -> Sequence[M]:
        """Insert them, and keep them by their model."""
        listed = list(rows)
        if listed:
            made = type(listed[0])._default_manager.bulk_create(listed, batch_size=500)
            self.rows.setdefault(type(listed[0]), []).extend(made)
        return listed

    def of(self, model: type[M], n: int = 0) -> M:
        found: M = self.rows[model][n % len(self.rows[model])]
        return found

    def shared(self, model: type[M], n: int) -> M:
        """The first one for every other row, else one after the other: lists of the first one are long."""
        return self.of(model) if n % 2 == 0 else self.of(model, n)

    def ago(self, n: int) -> Any:
        return self.now - timedelta(minutes=20 * (n + 1))

    def ahead(self, n: int) -> Any:
        return self.now + timedelta(hours=6 * (n + 1))

    def _people(self, new: range, natural: range) -> None:
        people = self._add(
            Person(username=f"person-{n}", name=f"Person {n}", password=NO_LOG_IN) for n in new
        )
        self._add(Team(name=f"Team {n}", slug=f"team-{n}") for n in new)
        if new.start == 0:
            TeamMember.objects.create(team=self.of(Team), person=self.reader)
        self._add(
            TeamMember(team=self.of(Team) if n < NATURAL else self.of(Team, n), person=person)
            for n, person in zip(new, people, strict=True)
        )
        self._add(RoleGrant(person=person, role=Role.DEVELOPER) for person in people)
        self._add(RoleGrant(team=self.of(Team), role=Role.OPERATOR) for n in natural if n < FEW)
        self._add(
            Token(
                person=self.reader,
                name=f"Token {n}",
                prefix=f"r{n}",
                hash=f"{n:064x}",
                expires_at=self.ahead(n),
            )
            for n in natural
            if n < FEW
        )

    def _catalog(self, new: range, natural: range) -> None:
        procedures = self._add(Procedure(name=f"procedure-{n}") for n in new)
        self._add(
            ProcedureStep(
                procedure=one,
                position=n,
                key=f"step-{n}",
                title=f"Step {n}",
                phase=Phase.DEPLOY,
                kind=StepKind.AUTOMATED,
                executor="shell",
                installs=n == 0,
                parameters={"argv": ["true"]},
                connection="deploy",
            )
            for one in procedures
            for n in range(2)
        )
        self._add(
            Application(
                name=f"Application {n}",
                slug=f"application-{n}",
                team=self.of(Team) if n < NATURAL else self.of(Team, n),
            )
            for n in new
        )
        self._add(
            Component(
                application=self.of(Application) if n < NATURAL else self.of(Application, n),
                name=f"component-{n}",
                kind="service",
                procedure=self.of(Procedure) if n < NATURAL else self.of(Procedure, n),
            )
            for n in new
        )
        self._add(
            ComponentDependency(component=self.of(Component, n), needs=self.of(Component, n - 1))
            for n in new
            if n > 0
        )
        self._add(
            ComponentDependency(component=self.of(Component, n), needs=self.of(Component))
            for n in natural
            if n > 1
        )
        self._add(
            ComponentVersion(
                component=self.shared(Component, n),
                text=f"1.{n}",
                digest=f"sha256:{n:064x}",
                built_at=self.ago(n),
                registered_at=self.ago(n),
            )
            for n in new
        )
        self._add(  # what requests deploy: a version of each component
            ComponentVersion(
                component=self.of(Component, n),
                text=f"2.{n}",
                digest=f"sha256:2{n:063x}",
                built_at=self.ago(n),
            )
            for n in new
        )

    def _features(self, new: range, natural: range) -> None:
        self._add(
            Release(
                name=f"Release {n}",
                target_date=self.ahead(n) if n < FEW else self.ago(n),
                state=ReleaseState.PLANNING if n < FEW else ReleaseState.COMPLETED,
            )
            for n in new
        )
        self._add(
            ReleaseMilestone(
                release=release,
                kind=kind,
                at=self.ahead(day) if release.state == ReleaseState.PLANNING else self.ago(day),
            )
            for release in self.rows[Release][new.start :]
            for day, kind in enumerate(MilestoneKind)
        )
        followed = self.reader
        self._add(
            Feature(
                key=f"CR-{n}",
                title=f"Feature {n}",
                owner=followed if n < NATURAL else self.of(Person, n),
                tester=self.of(Person, n),
            )
            for n in new
        )
        self._add(
            ReleaseFeature(
                release=self.of(Release) if n < NATURAL else self.of(Release, n), feature=self.of(Feature, n)
            )
            for n in new
        )
        scopes = [FeatureStatus.READY, FeatureStatus.IN_WORK]
        self._add(
            FeatureScope(
                feature=self.of(Feature, n), application=self.of(Application, n + part), status=scopes[part]
            )
            for n in new
            for part in range(min(2, len(self.rows[Application])))
        )
        self._add(
            FeatureScope(feature=self.of(Feature), application=self.of(Application, n))
            for n in natural
            if n > 1
        )
        versions = self.rows[ComponentVersion][-2 * len(new) :] if new else []
        self._add(
            FeatureInVersion(version=version, feature=self.of(Feature, n))
            for n, version in enumerate(versions)
        )

    def _places(self, new: range, natural: range) -> None:
        def place(n: int) -> Environment:
            return self.of(Environment) if n < NATURAL else self.of(Environment, 1 + n % (ENVIRONMENTS - 1))

        self._add(Target(environment=place(n), name=f"target-{n}") for n in new)
        self._add(
            Placement(component=self.of(Component, n), environment=place(n), target=self.of(Target, n))
            for n in new
        )
        self._add(Connection(environment=place(n), name=f"connection-{n}", kind="shell") for n in new)
        policies = self._add(
            ApprovalPolicy(
                name=f"Policy {n}", subject=ApprovedSubject.RUN, environment=self.of(Environment, -1)
            )
            for n in natural
            if n < FEW
        )
        self._add(
            ApprovalSlot(policy=one, name="Release management", role=Role.RELEASE_MANAGER) for one in policies
        )
        self._add(
            Reservation(
                environment=place(n),
                application=self.of(Application, n),
                owner=self.of(Person, n),
                reason="A test of load.",
                starts_at=self.ago(n) - timedelta(days=9),
                expires_at=self.ahead(n) if n < FEW else self.ago(n),
            )
            for n in new
        )
        self._add(
            Freeze(
                environment=place(n),
                application=self.of(Application, n),
                reason="Closing of the books.",
                set_by=self.reader,
                starts_at=self.ahead(n) if n < FEW else self.ago(n) - timedelta(days=2),
                ends_at=self.ahead(n) + timedelta(days=1) if n < FEW else self.ago(n),
            )
            for n in new
        )

    def _runs(self, new: range, natural: range) -> None:
        over = sorted(RUN_FINAL)
        self._add(
            DeploymentRun(
                environment=self.of(Environment, n),
                title=f"Run {n}",
                composed_by=self.of(Person, n),
                edited_by=self.reader if n < FEW else self.of(Person, n),
                state=self._run_state(n, over),
                plan_digest="0" * 64,
                round=1,
                window_from=self.ahead(n) if n < FEW else None,
                started_at=None if self._run_state(n, over) in (RunState.DRAFT, RunState.PROPOSED) else self.ago(n),
                ended_at=self.ago(n) if self._run_state(n, over) in RUN_FINAL else None,
            )
            for n in new
        )  # fmt: skip
        self._add(
            Approval(
                run=self.of(DeploymentRun, n),
                round=1,
                digest="0" * 64,
                slot="Release management",
                approver=self.of(Person, n + 1),
                verdict=Verdict.APPROVED,
            )
            for n in new
        )
        for which in (DRAFT, LIVE):
            self._steps(self.of(DeploymentRun, which), natural)
        self._add(
            Step(
                run=self.of(DeploymentRun, n),
                number=1,
                key="only",
                title=f"Deploy component-{n}",
                kind=StepKind.AUTOMATED,
                phase=Phase.DEPLOY,
                executor="shell",
                state=StepState.SUCCEEDED,
                installs=True,
                component=self.shared(Component, n),
                version=self.of(ComponentVersion, n),
                started_at=self.ago(n),
                ended_at=self.ago(n) + timedelta(seconds=60),
                inputs_digest="0" * 64,
            )
            for n in new
            if n > LIVE
        )
        self._add(
            Comment(run=self.of(DeploymentRun, which), person=self.of(Person, n), text="Seen.")
            for n in natural
            for which in (DRAFT, LIVE)
        )

    @staticmethod
    def _run_state(n: int, over: Sequence[str]) -> str:
        if n < FEW:
            return (RunState.DRAFT, RunState.RUNNING, RunState.PROPOSED)[n % 3]
        return over[n % len(over)]

    def _steps(self, run: DeploymentRun, natural: range) -> None:
        """As many steps as a night has; of the live ones the first waits for a decision, others for hands."""
        live = run == self.of(DeploymentRun, LIVE)
        states = (
            [StepState.NEEDS_DECISION, StepState.READY, StepState.SUCCEEDED] if live else [StepState.PENDING]
        )
        kinds = [StepKind.AUTOMATED, StepKind.MANUAL]
        steps = self._add(
            Step(
                run=run,
                number=n + 1,
                key=f"step-{n}",
                title=f"Deploy component-{n}",
                kind=kinds[n % 2] if live else StepKind.AUTOMATED,
                phase=Phase.DEPLOY,
                executor="" if live and n % 2 else "shell",
                state=states[n % len(states)],
                installs=n % 2 == 0,
                component=self.of(Component, n),
                version=self.of(ComponentVersion, n),
                team=self.of(Team),
                ready_at=self.ago(n),
                started_at=self.ago(n) if live else None,
            )
            for n in natural
        )
        all_steps = list(Step.objects.filter(run=run).order_by("number"))
        self._add(
            StepLink(run=run, before=all_steps[step.number - 2], after=step)
            for step in steps
            if step.number > 1
        )
        self._add(
            RunTarget(run=run, environment=run.environment, component=self.of(Component, n), is_active=live)
            for n in natural
        )
        if live:
            self._add(
                Attempt(
                    step=step, number=number, token=number, state=AttemptState.FAILED, started_at=self.ago(step.number),
                    ended_at=self.ago(step.number), exit_code=1, reason="It said no.",
                )
                for step in steps for number in (1, 2)
            )  # fmt: skip

    def _requests(self, new: range, natural: range) -> None:
        over = sorted(REQUEST_FINAL)

        def state(n: int) -> str:
            return (
                OPEN_REQUESTS[(n + n // 100) % len(OPEN_REQUESTS)]
                if self._is_open(n)
                else over[n % len(over)]
            )

        requests = self._add(
            DeploymentRequest(
                application=self.shared(Application, n),
                environment=self.of(
                    Environment, n // 2 * (ENVIRONMENTS - 1)
                ),  # the first, the last, and so on
                release=self.of(Release) if n < NATURAL else self.of(Release, n),
                requester=self.reader if n % 3 == 0 and (n < NATURAL or n % 100) else self.of(Person, n),
                title=f"Request {n}",
                state=state(n),
                revision=1,
                content_digest="0" * 64,
                run=self._run_of(n, state(n)),
                submitted_at=self.ago(n),
                closed_at=None if self._is_open(n) else self.ago(n),
            )
            for n in new
        )
        self._add(
            RequestItem(request=request, position=0, kind=ItemKind.DEPLOY, component=version.component, version=version)
            for n, request in zip(new, requests, strict=True)
            for version in [self.of(ComponentVersion, n)]
        )  # fmt: skip
        first = self.of(DeploymentRequest)
        taken = set(first.items.values_list("component", flat=True))
        fresh = [version for version in self.rows[ComponentVersion] if version.component_id not in taken]
        by_component = {version.component_id: version for version in fresh[: 4 * NATURAL]}
        self._add(
            RequestItem(
                request=first,
                position=n + 1,
                kind=ItemKind.DEPLOY,
                component=version.component,
                version=version,
            )
            for n, version in zip(natural, by_component.values(), strict=False)
        )
        self._add(
            RequestFeature(request=request, feature=self.of(Feature, n))
            for n, request in zip(new, requests, strict=True)
        )
        self._add(RequestFeature(request=first, feature=self.of(Feature, n)) for n in natural if n > 0)
        self._add(
            Approval(
                request=request, round=1, digest="0" * 64, slot="Release management",
                approver=self.of(Person, n + 1), verdict=Verdict.APPROVED,
            )
            for n, request in zip(new, requests, strict=True)
        )  # fmt: skip
        self._add(RequestComment(request=first, person=self.of(Person, n), text="Seen.") for n in natural)
        self._add(
            Interval(
                subject_kind="request", subject_id=request.pk, blocker_kind=Blocker.PERSON,
                blocker_id=self.reader.pk, blocker_name="Reader", sentence="waits for Reader",
                started_at=self.ago(n), ended_at=None if self._is_open(n) else self.now,
            )
            for n, request in zip(new, requests, strict=True)
        )  # fmt: skip

    def _is_open(self, n: int) -> bool:
        """At any time some are under way, nearly all are over."""
        return n % 100 == 0 or (n < NATURAL and n % 8 not in (5, 6))

    def _run_of(self, n: int, state: str) -> DeploymentRun | None:
        if state in (RequestState.DEPLOYED, RequestState.DEPLOYED_WITH_EXCEPTIONS):
            return self.of(DeploymentRun, n)
        return self.of(DeploymentRun, n % 2) if state == RequestState.APPROVED and n % 4 == 1 else None

    def _installed(self, new: range, natural: range) -> None:
        """Every component somewhere, and a long past of the first one in the first environment."""
        self._add(
            Installation(
                component=self.of(Component, n),
                environment=self.of(Environment, place),
                version=self.of(ComponentVersion, n if place else n + 1),
                since=self.ago(n),
                source_kind=SourceKind.IMPORT,
                source_name="first import",
            )
            for n in new
            for place in range(2)
        )
        self._add(
            Installation(
                component=self.shared(Component, n),
                environment=self.of(Environment),
                version=self.of(ComponentVersion, n),
                since=self.ago(n + 1),
                until=self.ago(n),
                source_kind=SourceKind.RUN,
                source_id=self.of(DeploymentRun, n).pk,
                source_name=str(self.of(DeploymentRun, n)),
            )
            for n in new
        )

    def _told(self, new: range, natural: range) -> None:
        kinds = {
            "request": DeploymentRequest, "run": DeploymentRun, "step": Step, "person": Person, "team": Team,
            "application": Application, "release": Release, "feature": Feature, "environment": Environment,
        }  # fmt: skip

        def subject(n: int) -> tuple[str, int]:
            kind = EVENTS_OF[n % len(EVENTS_OF)]
            return kind, self.shared(kinds[kind], n // len(EVENTS_OF)).pk

        self._add(
            Event(
                at=self.ago(n),
                actor_kind="person",
                actor_id=self.of(Person, n).pk,
                actor_name=f"Person {n}",
                verb=f"{subject(n)[0]}.edited",
                subject_kind=subject(n)[0],
                subject_id=subject(n)[1],
                subject_name=f"Something {n}",
                before={"title": "Old"},
                after={"title": "New"},
                reason="It was wrong.",
            )
            for n in new
        )
        while seals.seal_batch():
            pass
        self._add(
            InboxEntry(
                person=self.reader if n % 2 == 0 else self.of(Person, n),
                kind=Kind.APPROVED,
                once=f"event:{n}",
                subject_kind="request",
                subject_id=self.of(DeploymentRequest, n).pk,
                bundle=f"request:{n}",
                sentence=f"Request {n} was approved.",
                why="You filed it.",
                link="/requests",
                read_at=None if n % 4 == 0 else self.now,
            )
            for n in new
        )
        self._add(
            KeptForm(
                person=self.reader,
                address=f"/requests/new?environment={n}",
                page=f"/requests/new?environment={n}",
                fields=[["application", str(self.of(Application).pk)]],
            )
            for n in natural
            if n < FEW
        )


def grown_to(sizes: Sequence[int], measure: Callable[[BulkHouse], Any]) -> list[Any]:
    """What `measure` finds at each size of the same house, one after the other."""
    house, found = BulkHouse(), []
    for size in sizes:
        found.append(measure(house.grow(size)))
    return found
