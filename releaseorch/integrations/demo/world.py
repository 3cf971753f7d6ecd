"""The demo's master data: who works there, what they run, where, and which versions are installed."""

import json
import secrets
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password

from releaseorch.accounts.models import Person, RoleGrant, Team, TeamMember
from releaseorch.accounts.roles import Role, ScopeKind
from releaseorch.catalog.models import (
    Application,
    Component,
    ComponentDependency,
    ComponentVersion,
    Procedure,
    ProcedureStep,
)
from releaseorch.catalog.states import Need, StepKind
from releaseorch.core import clock
from releaseorch.core.actor import System
from releaseorch.environments import inventory
from releaseorch.environments.models import Environment, Placement, Target
from releaseorch.environments.states import SourceKind
from releaseorch.features.models import (
    Feature,
    FeatureInVersion,
    FeatureScope,
    Release,
    ReleaseFeature,
    ReleaseMilestone,
)
from releaseorch.integrations.demo import artifacts
from releaseorch.integrations.demo.fixtures import Fixtures, Places

IMPORT = System("First import")
WORDS = (
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "heron",
    "inlet",
    "juniper",
    "kestrel",
    "larch",
    "maple",
    "north",
    "otter",
    "pine",
)


@dataclass
class World:
    """The demo's objects by their short names."""

    fixtures: Fixtures
    places: Places
    now: datetime
    site_url: str
    people: dict[str, Person] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    environments: dict[str, Environment] = field(default_factory=dict)
    targets: dict[str, list[Target]] = field(default_factory=dict)
    procedures: dict[str, Procedure] = field(default_factory=dict)
    applications: dict[str, Application] = field(default_factory=dict)
    components: dict[str, Component] = field(default_factory=dict)
    versions: dict[tuple[str, str], ComponentVersion] = field(default_factory=dict)
    features: dict[str, Feature] = field(default_factory=dict)
    releases: dict[str, Release] = field(default_factory=dict)

    def ago(self, *, days: float = 0, hours: float = 0) -> datetime:
        return self.now - timedelta(days=days, hours=hours)


def make_world(fixtures: Fixtures, places: Places, *, site_url: str) -> World:
    world = World(fixtures, places, clock.now(), site_url)
    make_people(world)
    make_environments(world)
    make_procedures(world)
    make_applications(world)
    make_versions(world)
    make_release(world)
    with clock.at(world.ago(days=9)):
        install_what_is_there(world)
    return world


def make_people(world: World) -> None:
    """Everybody gets the same generated password, hashed once: the demo shall be up in seconds."""
    for row in world.fixtures.enterprise["teams"]:
        world.teams[row["slug"]] = Team.objects.create(**row)
    password = "-".join([*(secrets.choice(WORDS) for _ in range(3)), str(1000 + secrets.randbelow(9000))])
    hashed = make_password(password)
    listed = []
    for row in world.fixtures.enterprise["people"]:
        person = _person(world, row, hashed)
        if not person.is_robot:
            role = ", ".join(str(Role(name).label) for name in row["roles"])
            team = f" of {world.teams[row['team']]}" if "team" in row else ""
            listed.append(
                {"username": person.username, "password": password, "name": person.name, "role": role + team}
            )
    file = world.places.state / "people.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(listed, indent=1, ensure_ascii=False), encoding="utf-8")


def _person(world: World, row: dict[str, Any], hashed: str) -> Person:
    robot = row.get("kind") == "robot"
    person = Person.objects.create(
        username=row["username"],
        name=row["name"],
        email="" if robot else f"{row['username']}@northfold.example",
        contact=row.get("contact", ""),
        kind=row.get("kind", "human"),
        password=make_password(None) if robot else hashed,
    )
    team = world.teams.get(row.get("team", ""))
    if team:
        TeamMember.objects.create(team=team, person=person)
    for role in row["roles"]:
        scope = {"scope_kind": ScopeKind.TEAM, "scope_id": team.pk, "scope_name": team.name} if team else {}
        RoleGrant.objects.create(person=person, role=role, valid_from=world.ago(days=200), **scope)
    world.people[person.username] = person
    return person


def make_environments(world: World) -> None:
    for row in world.fixtures.enterprise["environments"]:
        environment = Environment.objects.create(
            name=row["name"],
            slug=row["slug"],
            rank=row["rank"],
            is_protected=row.get("is_protected", False),
            parameters=parameters_of(world.places, row["slug"], world.site_url, world.fixtures.folder),
        )
        world.environments[environment.slug] = environment
        world.targets[environment.slug] = [
            Target.objects.create(environment=environment, name=name, kind="server")
            for name in row["targets"]
        ]


def parameters_of(places: Places, slug: str, site_url: str, folder: Path) -> dict[str, str]:
    return {
        "environment_slug": slug,
        "python": sys.executable,
        "scripts": str(folder / "scripts"),
        "root": str(places.sites / slug),
        "site_url": site_url,
    }


def make_procedures(world: World) -> None:
    for name, steps in world.fixtures.procedures.items():
        procedure = Procedure.objects.create(name=name, created_at=world.ago(days=200))
        ProcedureStep.objects.bulk_create(
            ProcedureStep(procedure=procedure, position=position, **{"kind": StepKind.AUTOMATED, **step})
            for position, step in enumerate(steps, start=1)
        )
        world.procedures[name] = procedure


def make_applications(world: World) -> None:
    for row in world.fixtures.enterprise["applications"]:
        application = Application.objects.create(
            name=row["name"], slug=row["slug"], team=world.teams[row["team"]], criticality=row["criticality"]
        )
        world.applications[application.slug] = application
        for line in row["components"]:
            _component(world, application, line)
    for name, needs in world.fixtures.enterprise["dependencies"].items():
        ComponentDependency.objects.bulk_create(
            ComponentDependency(
                component=world.components[name], needs=world.components[needed], reason=Need(reason)
            )
            for reason, names in needs.items()
            for needed in names
        )


def _component(world: World, application: Application, line: dict[str, Any]) -> None:
    component = Component.objects.create(
        application=application,
        name=line["name"],
        kind=line["kind"],
        procedure=world.procedures[line["procedure"]],
        parameters={"fails_first": "no", **line.get("parameters", {})},
    )
    world.components[component.name] = component
    if component.kind == "database":
        return
    for slug, targets in world.targets.items():
        Placement.objects.bulk_create(
            Placement(component=component, environment=world.environments[slug], target=target, order=order)
            for order, target in enumerate(targets if line.get("on") == "all" else targets[:1])
        )


def make_versions(world: World) -> None:
    for name, rows in world.fixtures.enterprise["versions"].items():
        component = world.components[name]
        for number, row in enumerate(rows):
            built = world.ago(days=row["days"], hours=len(name) % 7)
            uri, digest = artifacts.build(world.places, name, component.kind, row["text"])
            commit = digest[7:19]
            world.versions[name, row["text"]] = ComponentVersion.objects.create(
                component=component,
                text=row["text"],
                artifact_uri=uri,
                digest=digest,
                commit=commit,
                build_url=f"https://ci.northfold.example/{name}/{2200 + number + row['days']}",
                built_at=built,
                registered_at=built,
            )


def make_release(world: World) -> None:
    content = world.fixtures.release
    for row in (content["release"], content["next"]):
        release = Release.objects.create(
            name=row["name"], target_date=_evening(world.now + timedelta(days=row["days"]))
        )
        world.releases[release.name] = release
        ReleaseMilestone.objects.bulk_create(
            ReleaseMilestone(release=release, kind=kind, at=_evening(world.now + timedelta(days=days)))
            for kind, days in row.get("milestones", {}).items()
        )
    for row in content["features"]:
        _feature(world, row, content["release"]["name"])


def _evening(moment: datetime) -> datetime:
    return moment.replace(hour=18, minute=0, second=0, microsecond=0)


def _feature(world: World, row: dict[str, Any], under_way: str) -> None:
    feature = Feature.objects.create(
        key=row["key"],
        title=row["title"],
        source="tracker",
        url=f"https://tracker.northfold.example/{row['key']}",
        owner=world.people[row["owner"]],
        tester=world.people[row["tester"]],
        created_at=world.ago(days=row["days"]),
    )
    world.features[feature.key] = feature
    FeatureScope.objects.bulk_create(
        FeatureScope(feature=feature, application=world.applications[slug], status=status)
        for slug, status in row["scopes"].items()
    )
    release = row.get("release", under_way)
    if release:
        ReleaseFeature.objects.create(release=world.releases[release], feature=feature)
    FeatureInVersion.objects.bulk_create(
        FeatureInVersion(feature=feature, version=world.versions[component, text])
        for component, texts in row["in"].items()
        for text in ([texts] if isinstance(texts, str) else texts)
    )


def install_what_is_there(world: World) -> None:
    """What earlier releases installed, in the inventory and on disk."""
    for name, rows in world.fixtures.enterprise["versions"].items():
        component = world.components[name]
        for row in rows:
            for slug in row["in"]:
                since = world.ago(days=row["days"] - 0.5)
                for target in targets_of(world, component, slug):
                    _install(world, component, world.versions[name, row["text"]], slug, target, since)


def targets_of(world: World, component: Component, slug: str) -> list[Target | None]:
    placed = Placement.objects.filter(component=component, environment=world.environments[slug])
    return [placement.target for placement in placed.select_related("target")] or [None]


def _install(
    world: World,
    component: Component,
    version: ComponentVersion,
    slug: str,
    target: Target | None,
    at: datetime,
) -> None:
    inventory.install(
        actor=IMPORT,
        component=component,
        environment=world.environments[slug],
        target=target,
        version=version,
        source_kind=SourceKind.IMPORT,
        source_id=None,
        source_name="first import",
        at=at,
    )
    folder = world.places.site(slug, target.name if target else None, component.name)
    artifacts.leave_on_target(folder, component.name, component.kind, version.text)
