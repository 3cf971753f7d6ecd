"""The whole demo enterprise before its story begins."""

from datetime import timedelta

from django.db import transaction

from releaseorch.core import clock
from releaseorch.integrations.demo import landscape, world
from releaseorch.integrations.demo.fixtures import Fixtures, Places
from releaseorch.integrations.demo.installed import Arrival, Arrivals, install, place
from releaseorch.integrations.demo.world import World


def make_enterprise(fixtures: Fixtures, places: Places, *, site_url: str) -> World:
    made = World(fixtures, places, clock.now(), site_url)
    with transaction.atomic():
        world.make_people(made)
        world.make_environments(made)
        world.make_procedures(made)
        world.make_applications(made)
        place_components(made)
        world.depend(made)
        world.make_versions(made)
        world.make_releases(made)
        world.make_features(made)
        arrivals = landscape.make_landscape(made)
        add_arrivals(made, arrivals)
        install(made, arrivals)
    return made


def place_components(made: World) -> None:
    lines = [line for row in made.fixtures.enterprise["applications"] for line in row["components"]]
    on_servers = [line for line in lines if line["kind"] != "database"]
    place(made, {made.components[line["name"]]: line.get("on") == "all" for line in on_servers})


def add_arrivals(made: World, arrivals: Arrivals) -> None:
    """A version is where the fixture says; where a later one is by now, it was before."""
    for name, rows in made.fixtures.enterprise["versions"].items():
        for number, row in enumerate(rows):
            since = made.now - timedelta(days=row["days"] - 0.5)
            for slug in {slug for later in rows[number:] for slug in later["in"]}:
                arrivals.add(name, slug, Arrival(since, made.versions[name, row["text"]]))
