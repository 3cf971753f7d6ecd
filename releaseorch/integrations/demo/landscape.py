"""The demo's applications around the six of its story, written in bulk from the sheets of the landscape."""

import hashlib
from datetime import datetime, timedelta

from releaseorch.catalog.models import Application, Component, ComponentDependency, ComponentVersion
from releaseorch.catalog.states import Level, Need
from releaseorch.features.models import Feature, FeatureInVersion, FeatureScope, ReleaseFeature
from releaseorch.features.states import FeatureStatus
from releaseorch.integrations.demo import artifacts
from releaseorch.integrations.demo.fixtures import Row, names_in
from releaseorch.integrations.demo.installed import Arrival, Arrivals, place
from releaseorch.integrations.demo.world import World, runbook

# What these deploy by has steps of tools, which read an archive; the rest is done by hand.
AUTOMATED = frozenset({"schema", "service", "front", "batch"})
ENVIRONMENTS = ("Development", "Integration", "Acceptance", "Production")
STATUSES = {str(status.label): status for status in FeatureStatus}


def make_landscape(world: World) -> Arrivals:
    """Everything of the sheets but what is installed, which is returned."""
    make_applications(world)
    make_components(world)
    arrivals = make_versions(world)
    make_features(world)
    return arrivals


def make_applications(world: World) -> None:
    phones = {person.name: person.contact for person in world.people.values()}
    made = Application.objects.bulk_create(
        Application(
            name=row["Application"],
            slug=row["Slug"],
            team=world.teams[row["Team"]],
            criticality=row["Criticality"],
            level=Level(row["Level"]),
            is_restricted=row["Restricted"] == "yes",
            tags=names_in(row["Tags"]),
            contact=f"{row['Contact']}, {phones[row['Contact']]}",
            runbook_url=runbook(row["Slug"]),
            on_call_note=row["On call"],
        )
        for row in world.fixtures.applications
    )
    world.applications |= {application.slug: application for application in made}


def make_components(world: World) -> None:
    applications = {application.name: application for application in world.applications.values()}
    rows = world.fixtures.components
    made = Component.objects.bulk_create(
        Component(
            application=applications[row["Application"]],
            name=row["Component"],
            kind=row["Kind"],
            procedure=world.procedures[row["Procedure"]],
            parameters={"fails_first": "no"} if row["Procedure"] in AUTOMATED else {},
        )
        for row in rows
    )
    world.components |= {component.name: component for component in made}
    on_servers = {
        row["Component"]: row["Targets"] for row in rows if row["Procedure"] in AUTOMATED - {"schema"}
    }
    place(world, {world.components[name]: targets == "all" for name, targets in on_servers.items()})
    ComponentDependency.objects.bulk_create(
        ComponentDependency(
            component=world.components[row["Component"]], needs=world.components[needed], reason=reason
        )
        for row in rows
        for column, reason in (("Deployed after", Need.DEPLOY_BEFORE), ("Calls", Need.RUNTIME))
        for needed in names_in(row[column])
    )


def make_versions(world: World) -> Arrivals:
    of_application: dict[str, list[str]] = {}
    for row in world.fixtures.components:
        of_application.setdefault(row["Application"], []).append(row["Component"])
    made, arrivals = [], Arrivals()
    for row in world.fixtures.versions:
        for name in names_in(row["Components"]) or of_application[row["Application"]]:
            version = _version(world, world.components[name], row)
            world.versions[name, version.text] = version
            made.append(version)
            for environment in ENVIRONMENTS:
                if row[environment]:
                    since = _moment(world, name, float(row[environment]) - 0.5)
                    arrivals.add(name, environment.lower(), Arrival(since, version))
    ComponentVersion.objects.bulk_create(made)
    return arrivals


def _version(world: World, component: Component, row: Row) -> ComponentVersion:
    text, built = row["Version"], _moment(world, component.name, float(row["Built"]))
    if component.parameters:
        uri, digest = artifacts.build(world.places, component.name, component.kind, text)
    else:
        uri = f"https://software.northfold.example/{component.name}/{text.replace(' ', '-')}.zip"
        digest = "sha256:" + hashlib.sha256(uri.encode()).hexdigest()
    return ComponentVersion(
        component=component,
        text=text,
        artifact_uri=uri,
        digest=digest,
        commit=digest[7:19],
        build_url=f"https://ci.northfold.example/{component.name}/{3400 - int(row['Built'])}",
        built_at=built,
        registered_at=built,
    )


def _moment(world: World, name: str, days: float) -> datetime:
    """So many days ago, at an hour of the day that differs from component to component."""
    minutes = sum(map(ord, name)) * 7 % 500
    return world.ago(days=days) - timedelta(minutes=minutes)


def make_features(world: World) -> None:
    rows = world.fixtures.features
    made = Feature.objects.bulk_create(
        Feature(
            key=row["Key"],
            title=row["Title"],
            source="tracker",
            url=f"https://tracker.northfold.example/{row['Key']}",
            owner=world.people[row["Owner"]],
            tester=world.people[row["Tester"]],
            created_at=_moment(world, row["Key"], float(row["Age"])),
        )
        for row in rows
    )
    world.features |= {feature.key: feature for feature in made}
    applications = {application.name: application for application in world.applications.values()}
    stands = [(row["Key"], *part.split(": ")) for row in rows for part in names_in(row["Where it stands"])]
    FeatureScope.objects.bulk_create(
        FeatureScope(feature=world.features[key], application=applications[name], status=STATUSES[status])
        for key, name, status in stands
    )
    ReleaseFeature.objects.bulk_create(
        ReleaseFeature(release=world.releases[row["Release"]], feature=world.features[row["Key"]])
        for row in rows
        if row["Release"]
    )
    held = [(row["Key"], *part.split(" ", 1)) for row in rows for part in names_in(row["Held by"])]
    FeatureInVersion.objects.bulk_create(
        FeatureInVersion(feature=world.features[key], version=world.versions[component, text])
        for key, component, text in held
    )
