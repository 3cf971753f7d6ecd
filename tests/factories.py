"""Factories of master data; objects with a lifecycle reach their states through services (tests/histories.py)."""

from dataclasses import dataclass
from typing import Any

import factory
from factory.django import DjangoModelFactory

from releaseorch.accounts.models import Person, Team
from releaseorch.catalog.models import (
    Application,
    Component,
    ComponentDependency,
    ComponentVersion,
    Procedure,
    ProcedureStep,
)
from releaseorch.catalog.states import Need, Phase, StepKind
from releaseorch.environments.models import Environment, Placement, Target
from releaseorch.features.models import Feature, FeatureScope, Release, ReleaseFeature
from tests.characters import Cast


class TeamFactory(DjangoModelFactory[Team]):
    class Meta:
        model = Team

    name = factory.Sequence(lambda n: f"Team {n}")
    slug = factory.Sequence(lambda n: f"team-{n}")


class PersonFactory(DjangoModelFactory[Person]):
    class Meta:
        model = Person

    username = factory.Sequence(lambda n: f"person-{n}")
    name = factory.Sequence(lambda n: f"Person {n}")
    password = "!"


class ApplicationFactory(DjangoModelFactory[Application]):
    class Meta:
        model = Application

    name = factory.Sequence(lambda n: f"Application {n}")
    slug = factory.Sequence(lambda n: f"application-{n}")
    team = factory.SubFactory(TeamFactory)


class ProcedureFactory(DjangoModelFactory[Procedure]):
    """By default one automated step that installs; give `steps=[{…}]` for others."""

    class Meta:
        model = Procedure
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"procedure-{n}")

    @factory.post_generation
    def steps(self: Procedure, create: bool, extracted: list[dict[str, Any]] | None, **_: Any) -> None:  # type: ignore[misc]
        for position, values in enumerate(extracted or [{}], start=1):
            procedure_step(self, position, values).save()


def procedure_step(procedure: Procedure, position: int, values: dict[str, Any]) -> ProcedureStep:
    """An automated step that installs, unless `values` say otherwise; not saved."""
    return ProcedureStep(
        **{
            "procedure": procedure,
            "position": position,
            "key": f"step-{position}",
            "title": "Deploy ${component} ${version}",
            "phase": Phase.DEPLOY,
            "kind": StepKind.AUTOMATED,
            "executor": "shell",
            "parameters": {"argv": ["true"]},
            "installs": True,
            **values,
        }
    )


class ComponentFactory(DjangoModelFactory[Component]):
    class Meta:
        model = Component

    application = factory.SubFactory(ApplicationFactory)
    name = factory.Sequence(lambda n: f"component-{n}")
    procedure = factory.SubFactory(ProcedureFactory)


class VersionFactory(DjangoModelFactory[ComponentVersion]):
    class Meta:
        model = ComponentVersion

    component = factory.SubFactory(ComponentFactory)
    text = factory.Sequence(lambda n: f"1.{n}.0")
    digest = factory.Sequence(lambda n: f"sha256:{n:064x}")


class EnvironmentFactory(DjangoModelFactory[Environment]):
    class Meta:
        model = Environment

    name = factory.Sequence(lambda n: f"Environment {n}")
    slug = factory.Sequence(lambda n: f"environment-{n}")
    rank = factory.Sequence(lambda n: n)


class FeatureFactory(DjangoModelFactory[Feature]):
    class Meta:
        model = Feature

    key = factory.Sequence(lambda n: f"CR-{6000 + n}")
    title = factory.Sequence(lambda n: f"Feature {n}")


class ReleaseFactory(DjangoModelFactory[Release]):
    class Meta:
        model = Release

    name = factory.Sequence(lambda n: f"2031.{n}")


@dataclass(frozen=True)
class House:
    """Claims (db ← web), Billing (api), Portal (front, needs Claims' web), four environments, one release."""

    cast: Cast
    claims: Application
    billing: Application
    portal: Application
    claims_db: Component
    claims_web: Component
    billing_api: Component
    portal_front: Component
    development: Environment
    integration: Environment
    acceptance: Environment
    production: Environment
    release: Release
    photos: Feature  # touches Claims and Portal
    payouts: Feature  # touches Claims only

    def version(self, component: Component, text: str = "2.0.0", **values: Any) -> ComponentVersion:
        made: ComponentVersion = VersionFactory(component=component, text=text, **values)
        return made


MIGRATE = {
    "key": "migrate",
    "title": "Migrate ${component} to ${version}",
    "phase": Phase.EXPAND,
    "parameters": {"argv": ["true"]},
}
ANNOUNCE = {
    "key": "announce",
    "title": "Announce ${component} ${version}",
    "phase": Phase.PREPARE,
    "kind": StepKind.MANUAL,
    "executor": "",
    "installs": False,
    "instructions": "Tell the service desk.",
}
DEPLOY = {"key": "deploy", "title": "Deploy ${component} ${version}", "phase": Phase.DEPLOY}


def make_house(cast: Cast) -> House:
    """Written in bulk: most tests begin with it."""
    claims, billing, portal = Application.objects.bulk_create(
        [
            Application(name="Claims", slug="claims", team=cast.claims),
            Application(name="Billing", slug="billing", team=cast.billing),
            Application(name="Customer Portal", slug="customer-portal", team=cast.claims),
        ]
    )
    schema, service, front = Procedure.objects.bulk_create(
        [Procedure(name="schema"), Procedure(name="service"), Procedure(name="front")]
    )
    ProcedureStep.objects.bulk_create(
        [
            procedure_step(schema, 1, MIGRATE),
            procedure_step(service, 1, DEPLOY),
            procedure_step(front, 1, ANNOUNCE),
            procedure_step(front, 2, DEPLOY | {"after": ["announce"]}),
        ]
    )
    claims_db, claims_web, billing_api, portal_front = Component.objects.bulk_create(
        [
            Component(application=claims, name="claims-db", procedure=schema),
            Component(application=claims, name="claims-web", procedure=service),
            Component(application=billing, name="billing-api", procedure=service),
            Component(application=portal, name="portal-front", procedure=front),
        ]
    )
    ComponentDependency.objects.bulk_create(
        ComponentDependency(component=component, needs=needs, reason=Need.DEPLOY_BEFORE)
        for component, needs in ((claims_web, claims_db), (portal_front, claims_web))
    )
    places = Environment.objects.bulk_create(
        Environment(name=name, slug=name.lower(), rank=rank, is_protected=name == "Production")
        for rank, name in enumerate(["Development", "Integration", "Acceptance", "Production"], start=1)
    )
    release = Release.objects.create(name="2026.4")
    photos, payouts = Feature.objects.bulk_create(
        [
            Feature(key="CR-4987", title="Report a claim with photographs"),
            Feature(key="CR-5003", title="Pay out small claims the same day"),
        ]
    )
    ReleaseFeature.objects.bulk_create(
        ReleaseFeature(release=release, feature=feature) for feature in (photos, payouts)
    )
    FeatureScope.objects.bulk_create(
        FeatureScope(feature=feature, application=application)
        for feature, application in ((photos, claims), (photos, portal), (payouts, claims))
    )
    return House(
        cast, claims, billing, portal, claims_db, claims_web, billing_api, portal_front, *places,
        release, photos, payouts,
    )  # fmt: skip


def place(component: Component, environment: Environment, *names: str) -> list[Target]:
    """Targets of the environment, with the component placed on each."""
    targets = []
    for order, name in enumerate(names):
        target, _ = Target.objects.get_or_create(environment=environment, name=name)
        Placement.objects.create(component=component, environment=environment, target=target, order=order)
        targets.append(target)
    return targets
