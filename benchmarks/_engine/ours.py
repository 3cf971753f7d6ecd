"""The engine as it is installed: web process (this one), housekeeper, two workers; audit, leases and ledger on."""

from collections.abc import Callable

from celery import current_app
from django.db import transaction
from django.db.models import Max, Q

from benchmarks._engine import noop
from benchmarks._engine.shapes import Shape
from benchmarks._engine.systems import System, await_workers
from releaseorch.accounts.models import Person, RoleGrant
from releaseorch.accounts.roles import Role
from releaseorch.environments.models import Environment
from releaseorch.integrations.scratch import messages_to
from releaseorch.launcher import children
from releaseorch.runs import plans, services
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.plans import PlanIn, PlanLink, PlanStep
from releaseorch.runs.states import RunState

WORKERS = 2
INSTALLED = "releaseorch.config.celery:app"


def programs(app: str = INSTALLED) -> dict[str, list[str]]:
    """Two workers of this Celery application and a housekeeper."""
    worker = [app if word == INSTALLED else word for word in children.worker()[1:]]
    workers = {f"worker-{n}": [*worker, "-n", f"worker-{n}"] for n in range(WORKERS)}
    return {**workers, "housekeeper": ["manage.py", "housekeeper"]}


class Ours(System):
    name = "ours"

    def begin(self) -> None:
        self.begin_people()
        await_workers(current_app, WORKERS, self.children(programs()))

    def begin_people(self) -> None:
        """Who asks for what, where, and the executor that does nothing."""
        noop.install_in(self.place.folder)
        self.person = Person.objects.create_user(f"rm-of-{self.name}", name="Release manager")
        RoleGrant.objects.create(person=self.person, role=Role.ADMINISTRATOR)
        RoleGrant.objects.create(person=self.person, role=Role.RELEASE_MANAGER)
        self.environment = Environment.objects.create(name=self.name, slug=self.name)
        self.stack.enter_context(messages_to(self.place.broker_url))

    def write(self, shape: Shape) -> Callable[[], None]:
        self.runs = [self._approved(shape, number) for number in range(shape.runs)]

        def start() -> None:
            for run in self.runs:
                services.start_run(actor=self.person, run=run)

        return start

    def ended_at(self) -> float | None:
        rows = DeploymentRun.objects.filter(pk__in=[run.pk for run in self.runs])
        if rows.filter(~Q(state=RunState.SUCCEEDED)).exists():
            return None
        last = rows.aggregate(last=Max("ended_at"))["last"]
        return last.timestamp() if last else None

    @transaction.atomic
    def _approved(self, shape: Shape, number: int) -> DeploymentRun:
        run = DeploymentRun.objects.create(
            title=shape.name, environment=self.environment, composed_by=self.person, edited_by=self.person
        )
        keys = shape.keys(number)
        steps = tuple(PlanStep(key=key, title=f"step {key}", executor=noop.KIND) for key in keys)
        links = tuple(PlanLink(keys[before], keys[after], "its shape") for before, after in shape.links)
        plans.write_plan(run=run, plan=PlanIn(steps, links))
        for verb in ("propose", "approve"):
            getattr(run, verb)()
            run.save()
        return run
