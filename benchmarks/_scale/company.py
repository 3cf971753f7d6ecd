"""A company whose applications wait for each other in layers, and approved requests for all of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Model

from releaseorch.accounts.models import Person, RoleGrant, Team
from releaseorch.accounts.roles import Role
from releaseorch.catalog.models import (
    Application,
    Component,
    ComponentDependency,
    ComponentVersion,
    Procedure,
    ProcedureStep,
)
from releaseorch.catalog.states import Need, Phase, StepKind
from releaseorch.delivery.models import DeploymentRequest, RequestItem
from releaseorch.delivery.states import ItemKind, RequestState
from releaseorch.environments.models import Environment

M = TypeVar("M", bound=Model)
WIDTH, STEPS = 50, 10  # components of an application, steps of each
NEEDS = 43  # so many of the layer before


@dataclass(frozen=True)
class Company:
    composer: Person
    approver: Person
    requests: Sequence[DeploymentRequest]


def company(layers: int) -> Company:
    """One application a layer, with one request for all its components; twenty layers are 10,000 steps."""
    composer, approver, requester = (
        Person.objects.create_user(name, name=name.title()) for name in ("composer", "approver", "requester")
    )
    for person in (composer, approver):
        RoleGrant.objects.create(person=person, role=Role.RELEASE_MANAGER)
    environment = Environment.objects.create(name="Production", slug="production")
    components = _catalog(layers)
    versions = _made(
        ComponentVersion(component=one, text="1.0", digest=f"sha256:{number:064x}")
        for number, one in enumerate(components)
    )
    requests = _made(
        DeploymentRequest(
            application=one.application,
            environment=environment,
            requester=requester,
            title=f"All of {one.application.name}",
            state=RequestState.APPROVED,
            revision=1,
            content_digest="0" * 64,
        )
        for one in components[::WIDTH]
    )
    _made(
        RequestItem(
            request=requests[number // WIDTH],
            position=number % WIDTH,
            kind=ItemKind.DEPLOY,
            component=one.component,
            version=one,
        )
        for number, one in enumerate(versions)
    )
    return Company(composer, approver, requests)


def _catalog(layers: int) -> Sequence[Component]:
    team = Team.objects.create(name="Platform", slug="platform")
    procedure = Procedure.objects.create(name="ten-steps")
    _made(
        ProcedureStep(
            procedure=procedure,
            position=number,
            key=f"step-{number}",
            title=f"Step {number}",
            phase=Phase.DEPLOY,
            kind=StepKind.AUTOMATED,
            executor="shell",
            parameters={"argv": ["true"]},
            after=[f"step-{number - 1}"] if number else [],
            installs=number == STEPS - 1,
        )
        for number in range(STEPS)
    )
    applications = _made(Application(name=f"Layer {n}", slug=f"layer-{n}", team=team) for n in range(layers))
    components = _made(
        Component(application=application, name=f"part-{n}-{place}", kind="service", procedure=procedure)
        for n, application in enumerate(applications)
        for place in range(WIDTH)
    )
    _made(
        ComponentDependency(
            component=components[layer * WIDTH + place],
            needs=components[(layer - 1) * WIDTH + (place + next_one) % WIDTH],
            reason=Need.DEPLOY_BEFORE,
        )
        for layer in range(1, layers)
        for place in range(WIDTH)
        for next_one in range(NEEDS)
    )
    return components


def _made(rows: Iterable[M]) -> Sequence[M]:
    listed = list(rows)
    return type(listed[0])._default_manager.bulk_create(listed, batch_size=500)
