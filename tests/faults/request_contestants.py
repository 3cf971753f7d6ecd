"""What racers do with requests and the catalog: each function is called in its own process, with ids only."""

from datetime import timedelta

from releaseorch.accounts.models import Person
from releaseorch.catalog import services as catalog
from releaseorch.catalog.models import Component, ComponentVersion
from releaseorch.core import clock
from releaseorch.delivery import services
from releaseorch.delivery.drafts import ItemDraft, RequestChanges
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.environments import services as environments
from releaseorch.environments.models import Environment
from releaseorch.features import services as features
from releaseorch.features.models import Release


def _person(pk: int) -> Person:
    return Person.objects.get(pk=pk)


def decide(request_id: int, person_id: int, verb: str, seen: int | None) -> str:
    """submit, approve, send_back, reject or withdraw; `seen` as the form had it."""
    request = DeploymentRequest.objects.select_related("application").get(pk=request_id)
    said = {} if verb in {"submit", "approve"} else {"reason": "In the race."}
    getattr(services, f"{verb}_request")(actor=_person(person_id), request=request, seen=seen, **said)
    return verb


def edit(request_id: int, person_id: int, component_id: int, version_id: int) -> int:
    request = DeploymentRequest.objects.select_related("application").get(pk=request_id)
    component = Component.objects.select_related("application").get(pk=component_id)
    version = ComponentVersion.objects.get(pk=version_id)
    changes = RequestChanges(items=[ItemDraft(component=component, version=version)])
    services.edit_request(actor=_person(person_id), request=request, changes=changes)
    return version_id


def register(component_id: int, person_id: int, digest: str) -> bool:
    """Whether this racer made the version."""
    component = Component.objects.select_related("application").get(pk=component_id)
    _version, created = catalog.register_version(
        actor=_person(person_id), component=component, text="9.0.0", digest=digest
    )
    return created


def block(version_id: int, person_id: int) -> bool:
    version = ComponentVersion.objects.select_related("component__application").get(pk=version_id)
    catalog.block_version(actor=_person(person_id), version=version, reason="In the race.")
    return True


def need(component_id: int, needs_id: int, person_id: int) -> bool:
    component, needs = (
        Component.objects.select_related("application").get(pk=pk) for pk in (component_id, needs_id)
    )
    catalog.add_dependency(actor=_person(person_id), component=component, needs=needs)
    return True


def reserve(environment_id: int, person_id: int) -> bool:
    environments.create_reservation(
        actor=_person(person_id),
        environment=Environment.objects.get(pk=environment_id),
        reason="In the race",
        expires_at=clock.now() + timedelta(hours=1),
    )
    return True


def move_release(release_id: int, person_id: int, verb: str, seen: int) -> str:
    release = Release.objects.get(pk=release_id)
    said = {"reason": "In the race."} if verb == "abandon" else {}
    getattr(features, f"{verb}_release")(actor=_person(person_id), release=release, seen=seen, **said)
    return verb
