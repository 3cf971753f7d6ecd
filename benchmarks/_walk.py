"""Every page of the product, from the URL configuration, so that a new one can't be forgotten; and what it asks."""

from dataclasses import dataclass
from http import HTTPStatus

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks._house import LIVE, BulkHouse
from releaseorch.catalog.models import Application, Component
from releaseorch.environments.models import Environment
from releaseorch.runs.models import DeploymentRun
from tests.web.addresses import addresses

# Lists show fifty rows and ask at most twelve times, whatever there is.
LISTS = frozenset(
    {
        "applications", "audit", "calendar", "connections", "environments", "features", "freezes", "inbox", "people",
        "policies", "procedures", "releases", "requests", "roles", "runs", "teams", "where", "where-history",
    }
)  # fmt: skip
# What answers with a page and shows no rows of ours, or reads everything because that is what it is for.
APART = {
    "audit-verify": "walks the whole chain",
    "attempt-lines": "a part of a page",
    "healthz": "no page",
    "live-stream": "a stream",
    "probe-stream": "a stream",
    "tables-download": "takes everything along",
    "where-download": "takes everything along",
}


@dataclass(frozen=True)
class Page:
    name: str
    path: str

    @property
    def is_list(self) -> bool:
        return self.name.partition(" ")[0] in LISTS


def pages(house: BulkHouse) -> list[Page]:
    """What can be opened as it stands, and what some of them look like when they are asked for more."""
    found = [
        Page(one.name, one.path) for one in addresses() if not one.is_api and one.name not in APART
    ] + variants(house)
    client = reading(house)
    return [page for page in found if is_page(client, page.path)]


def variants(house: BulkHouse) -> list[Page]:
    live, here, there = house.of(DeploymentRun, LIVE), house.of(Environment), house.of(Environment, 1)
    application, component = house.of(Application), house.of(Component)
    fill = f"/requests/new?application={application.pk}&environment={here.pk}"
    return [
        Page("run, live", f"/runs/{live.pk}"),
        Page("requests of all states", "/requests?state=all"),
        Page("requests of one application", f"/requests?state=all&application={application.pk}"),
        Page("runs that are over", "/runs?show=over"),
        Page("board of an environment", f"/board?environment={here.pk}"),
        Page("where in the past", f"/where?at={house.ago(1):%Y-%m-%dT%H:%M}"),
        Page("where by team", f"/where?team={application.team_id}"),
        Page("features by text", "/features?text=Feature"),
        Page("people by text", "/people?text=Person"),
        Page("audit of one", "/audit?who=Person 1"),
        Page("search for something", "/search?q=component"),
        Page("request-create, filled", fill),
        Page("environment-compare of two", f"/environments/compare?here={here.pk}&there={there.pk}"),
        Page("component, further down", f"/components/{component.pk}?cursor=older-50"),
    ]


def reading(house: BulkHouse) -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(house.reader, backend="django.contrib.auth.backends.ModelBackend")
    return client


def is_page(client: Client, path: str) -> bool:
    answer = client.get(path)
    return answer.status_code == HTTPStatus.OK and answer.get("Content-Type", "").startswith("text/html")


def queries_of(client: Client, path: str) -> list[str]:
    """The statements of the page."""
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(path)
    if answer.status_code != HTTPStatus.OK:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return [one["sql"] for one in seen.captured_queries]
