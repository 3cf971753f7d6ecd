"""The demo's master data: who works there, what they run, where, and which versions are installed."""

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
from releaseorch.catalog.states import Level, Need, StepKind
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.environments.models import Environment, Target
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
from releaseorch.integrations.demo.logins import write_logins

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
    requests: dict[str, DeploymentRequest] = field(default_factory=dict)

    def ago(self, *, days: float = 0, hours: float = 0) -> datetime:
        return self.now - timedelta(days=days, hours=hours)


def runbook(slug: str) -> str:
    return f"https://wiki.northfold.example/runbooks/{slug}"


def make_people(world: World) -> None:
    """Who logs in has the same generated password, hashed once: the demo shall be up in seconds."""
    teams = Team.objects.bulk_create(Team(**row) for row in world.fixtures.enterprise["teams"])
    world.teams |= {team.slug: team for team in teams}
    password = "-".join([*(secrets.choice(WORDS) for _ in range(3)), str(1000 + secrets.randbelow(9000))])
    those_who_log_in = world.fixtures.enterprise["people"]
    rows = [*those_who_log_in, *world.fixtures.enterprise["colleagues"]]
    hashed = make_password(password)
    named = {row["username"] for row in those_who_log_in if row.get("kind") != "robot"}
    people = Person.objects.bulk_create(
        _person(row, hashed if row["username"] in named else make_password(None)) for row in rows
    )
    world.people |= {person.username: person for person in people}
    TeamMember.objects.bulk_create(
        TeamMember(team=world.teams[row["team"]], person=world.people[row["username"]])
        for row in rows
        if "team" in row
    )
    RoleGrant.objects.bulk_create(_grant(world, row, role) for row in rows for role in row["roles"])
    listed = [
        {"username": row["username"], "password": password, "name": row["name"], "role": _role(world, row)}
        for row in those_who_log_in
        if row["username"] in named
    ]
    write_logins(world.places, listed)


def _person(row: dict[str, Any], hashed: str) -> Person:
    robot = row.get("kind") == "robot"
    return Person(
        username=row["username"],
        name=row["name"],
        email="" if robot else f"{row['username']}@northfold.example",
        contact=row.get("contact", ""),
        kind=row.get("kind", "human"),
        password=hashed,
    )


def _grant(world: World, row: dict[str, Any], role: str) -> RoleGrant:
    team = world.teams.get(row.get("team", ""))
    scope = {"scope_kind": ScopeKind.TEAM, "scope_id": team.pk, "scope_name": team.name} if team else {}
    person = world.people[row["username"]]
    return RoleGrant(person=person, role=role, valid_from=world.ago(days=400), **scope)


def _role(world: World, row: dict[str, Any]) -> str:
    said = ", ".join(str(Role(name).label) for name in row["roles"])
    return f"{said} of {world.teams[row['team']]}" if "team" in row else said


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
        person = next(one for one in world.people.values() if one.name == row["contact"])
        application = Application.objects.create(
            name=row["name"],
            slug=row["slug"],
            team=world.teams[row["team"]],
            criticality=row["criticality"],
            level=row.get("level", Level.TRAIN),
            tags=row["tags"],
            contact=f"{person.name}, {person.contact}",
            runbook_url=runbook(row["slug"]),
            on_call_note=row.get("on_call_note", ""),
        )
        world.applications[application.slug] = application
        components = Component.objects.bulk_create(
            Component(
                application=application,
                name=line["name"],
                kind=line["kind"],
                procedure=world.procedures[line["procedure"]],
                parameters={"fails_first": "no", **line.get("parameters", {})},
            )
            for line in row["components"]
        )
        world.components |= {component.name: component for component in components}


def depend(world: World) -> None:
    ComponentDependency.objects.bulk_create(
        ComponentDependency(
            component=world.components[name], needs=world.components[needed], reason=Need(reason)
        )
        for name, needs in world.fixtures.enterprise["dependencies"].items()
        for reason, names in needs.items()
        for needed in names
    )


def make_versions(world: World) -> None:
    made = [
        _version(world, world.components[name], number, row)
        for name, rows in world.fixtures.enterprise["versions"].items()
        for number, row in enumerate(rows)
    ]
    for version in ComponentVersion.objects.bulk_create(made):
        world.versions[version.component.name, version.text] = version


def _version(world: World, component: Component, number: int, row: dict[str, Any]) -> ComponentVersion:
    name = component.name
    built = world.ago(days=row["days"], hours=len(name) % 7)
    uri, digest = artifacts.build(world.places, name, component.kind, row["text"])
    return ComponentVersion(
        component=component,
        text=row["text"],
        artifact_uri=uri,
        digest=digest,
        commit=digest[7:19],
        build_url=f"https://ci.northfold.example/{name}/{2200 + number + row['days']}",
        built_at=built,
        registered_at=built,
    )


def make_releases(world: World) -> None:
    for row in world.fixtures.release["releases"]:
        release = Release.objects.create(
            name=row["name"], target_date=_evening(world.now + timedelta(days=row["days"]))
        )
        world.releases[release.name] = release
        ReleaseMilestone.objects.bulk_create(
            ReleaseMilestone(release=release, kind=kind, at=_evening(world.now + timedelta(days=days)))
            for kind, days in row["milestones"].items()
        )


def make_features(world: World) -> None:
    for row in world.fixtures.release["features"]:
        _feature(world, row)


def _evening(moment: datetime) -> datetime:
    return moment.replace(hour=18, minute=0, second=0, microsecond=0)


def _feature(world: World, row: dict[str, Any]) -> None:
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
    release = row.get("release", "2026.4")
    if release:
        ReleaseFeature.objects.create(release=world.releases[release], feature=feature)
    FeatureInVersion.objects.bulk_create(
        FeatureInVersion(feature=feature, version=world.versions[component, text])
        for component, texts in row["in"].items()
        for text in ([texts] if isinstance(texts, str) else texts)
    )
