"""How the demo's story is told: scenes at their moments, oldest first, all through the services."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction

from releaseorch.accounts.models import Person
from releaseorch.catalog.states import StepKind
from releaseorch.core import clock
from releaseorch.delivery import services
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import ItemKind
from releaseorch.integrations.demo.world import World
from releaseorch.runs import engine
from releaseorch.runs import services as runs
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import StepState

Scene = Callable[[World], object]
UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def span(text: str) -> timedelta:
    """Such as "3d 5h" or "40m"."""
    return timedelta(**{UNITS[part[-1]]: float(part[:-1]) for part in text.split()})


@dataclass
class Scenes:
    """What happened, and how long ago."""

    found: list[tuple[timedelta, Scene, bool]] = field(default_factory=list)

    def add(self, ago: str, scene: Scene, *, has_tools: bool = False) -> None:
        """A scene is one transaction, which saves time; not where a tool works, whose log others write meanwhile."""
        self.found.append((span(ago), scene, has_tools))

    def play(self, world: World) -> None:
        """Oldest first; a scene that lasts longer than to the next one puts that off."""
        over = world.now - timedelta(days=1000)
        for ago, scene, has_tools in sorted(self.found, key=lambda one: one[0], reverse=True):
            with clock.at(max(world.now - ago, over)), nullcontext() if has_tools else transaction.atomic():
                scene(world)
                over = clock.now()


def lines(world: World, deploy: dict[str, str]) -> list[ItemDraft]:
    """`deploy` maps component to version."""
    return [
        ItemDraft(kind=ItemKind.DEPLOY, component=world.components[name], version=world.versions[name, text])
        for name, text in deploy.items()
    ]


def file(
    world: World,
    who: str,
    application: str,
    environment: str,
    deploy: dict[str, str],
    *,
    title: str = "",
    features: tuple[str, ...] = (),
    release: str = "",
    manual: tuple[ItemDraft, ...] = (),
) -> DeploymentRequest:
    """A submitted request of `who`."""
    request = services.create_request(
        actor=world.people[who],
        application=world.applications[application],
        environment=world.environments[environment],
        release=world.releases[release] if release else None,
        title=title,
        items=[*lines(world, deploy), *manual],
        features=[world.features[key] for key in features],
    )
    return services.submit_request(actor=world.people[who], request=request)


def approve(
    world: World, request: DeploymentRequest, who: str = "sunita", comment: str = ""
) -> DeploymentRequest:
    return services.approve_request(actor=world.people[who], request=request, comment=comment)


def composed(
    world: World, requests: list[DeploymentRequest], title: str, who: str = "sunita"
) -> DeploymentRun:
    return services.compose_run(actor=world.people[who], requests=requests, title=title)


def proposed(
    world: World, requests: list[DeploymentRequest], title: str, who: str = "sunita"
) -> DeploymentRun:
    run = composed(world, requests, title, who)
    return services.propose_run(actor=world.people[who], run=run)


def started(world: World, requests: list[DeploymentRequest], title: str, says: str) -> DeploymentRun:
    """Composed by Sunita, approved by Amara, started."""
    run = proposed(world, requests, title)
    run = services.approve_run(actor=world.people["amara"], run=run, comment=says)
    return runs.start_run(actor=world.people["amara"], run=run)


def ready(run: DeploymentRun) -> list[Step]:
    return list(Step.objects.filter(run=run, state=StepState.READY).order_by("number"))


def do(person: Person, step: Step, note: str, minutes: int = 4) -> None:
    """Take a step and do it by hand."""
    taken = runs.take_step(actor=person, step=step)
    clock.advance(timedelta(minutes=minutes))
    runs.done_step(actor=person, step=taken, note=note)


def work_through(run: DeploymentRun, person: Person, note: Callable[[Step], str]) -> None:
    """Carry out what is ready, automated and by hand, until nothing more can be done."""
    while steps := ready(run):
        for step in steps:
            if step.kind == StepKind.AUTOMATED:
                engine.run_step(step.pk, step.token)
            else:
                do(person, step, note(step))
                clock.advance(timedelta(minutes=1))
