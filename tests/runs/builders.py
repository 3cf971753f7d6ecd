"""Runs for tests of the engine: a plan as rows in its first states; every later state is reached through services."""

from collections.abc import Sequence
from typing import Any

from releaseorch.accounts.models import Person
from releaseorch.catalog.models import Component, ComponentVersion
from releaseorch.catalog.states import StepKind
from releaseorch.environments.models import Environment, Installation
from releaseorch.runs import engine, plans, services
from releaseorch.runs.models import Attempt, DeploymentRun, Step
from releaseorch.runs.plans import PlanIn, PlanLink, PlanStep
from releaseorch.waiting import ledger
from tests.factories import EnvironmentFactory

WELL = ("true",)
BADLY = ("false",)
NO_SUCH_PROGRAM = ("/no/such/program",)
# A script that takes its wrapper down with it: nobody can know how it ended.
NOBODY_KNOWS = ("sh", "-c", "kill -9 $PPID; exit 0")


def automated(
    key: str, *argv: str, after: Sequence[str] = (), **values: Any
) -> tuple[PlanStep, Sequence[str]]:
    parameters = {"argv": list(argv or WELL)}
    return PlanStep(
        **{"key": key, "title": key, "executor": "shell", "parameters": parameters, **values}
    ), after


def installing(
    key: str, version: ComponentVersion, *argv: str, after: Sequence[str] = (), **values: Any
) -> tuple[PlanStep, Sequence[str]]:
    facts = {"installs": True, "component_id": version.component_id, "version_id": version.pk}
    return automated(key, *argv, after=after, **{**facts, **values})


def manual(key: str, *, after: Sequence[str] = (), **values: Any) -> tuple[PlanStep, Sequence[str]]:
    return PlanStep(**{"key": key, "title": key, "kind": StepKind.MANUAL.value, **values}), after


def draft_run(
    by: Person, *steps: tuple[PlanStep, Sequence[str]], environment: Environment | None = None, **values: Any
) -> DeploymentRun:
    run = DeploymentRun.objects.create(
        **{"title": "Friday", "composed_by": by, "edited_by": by, **values},
        environment=environment or EnvironmentFactory(),
    )
    links = [PlanLink(before, step.key, "said in the test") for step, after in steps for before in after]
    plans.write_plan(run=run, plan=PlanIn(tuple(step for step, _after in steps), tuple(links)))
    return run


def approved_run(by: Person, *steps: tuple[PlanStep, Sequence[str]], **values: Any) -> DeploymentRun:
    run = draft_run(by, *steps, **values)
    for verb in ("propose", "approve"):
        getattr(run, verb)()
        run.save()
    return run


def running_run(by: Person, *steps: tuple[PlanStep, Sequence[str]], **values: Any) -> DeploymentRun:
    return services.start_run(actor=by, run=approved_run(by, *steps, **values))


def step(run: DeploymentRun, key: str) -> Step:
    return Step.objects.get(run=run, key=key)


def now(run: DeploymentRun) -> DeploymentRun:
    return DeploymentRun.objects.get(pk=run.pk)


def states(run: DeploymentRun) -> dict[str, str]:
    return dict(Step.objects.filter(run=run).values_list("key", "state"))


def carry_out(run: DeploymentRun, key: str) -> Step:
    """What a worker does when it is nudged for this step."""
    ready = step(run, key)
    engine.run_step(ready.pk, ready.token)
    return step(run, key)


def last_attempt(run: DeploymentRun, key: str) -> Attempt:
    found = Attempt.objects.filter(step__run=run, step__key=key).order_by("-number").first()
    assert found is not None
    return found


def waits_of(run: DeploymentRun, key: str | None = None) -> str:
    """The sentence of the open wait of the run, or of one of its steps; empty when it waits for nothing."""
    kind, pk = ("run", run.pk) if key is None else ("step", step(run, key).pk)
    wait = ledger.open_waits(kind, [pk]).get(pk)
    return wait.sentence if wait else ""


def installed(component: Component, environment: Environment) -> str:
    """What the inventory says is there: "2.0.0", "2.0.0 or 2.1.0", or nothing."""
    row = Installation.objects.filter(component=component, environment=environment, until=None).first()
    if row is None:
        return ""
    was = row.version.text if row.version else "nothing"
    return f"{was} or {row.uncertain_with.text}" if row.uncertain_with else was
