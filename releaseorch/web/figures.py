"""Figures of the installation as Prometheus reads them: how its work stands, whether its processes keep up."""

import os
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Min, Model, QuerySet
from prometheus_client import REGISTRY, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from releaseorch.audit.models import Event, Outbox
from releaseorch.core import clock, signs
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.notifications.models import InboxEntry
from releaseorch.notifications.states import Sending
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import RUN_ACTIVE, StepState

SECONDS = Histogram(
    "releaseorch_http_request_seconds",
    "How long answers took; of an event stream, how long it took to begin.",
    ["method", "view", "status"],
)
# Where processes share their figures; each of gunicorn's has only its own without it.
SHARED = "PROMETHEUS_MULTIPROC_DIR"


def exposition() -> bytes:
    """Everything as text; a handful of queries."""
    registry = CollectorRegistry()
    if os.environ.get(SHARED):
        MultiProcessCollector(registry)
    else:
        registry.register(REGISTRY)
    registry.register(Installation())
    return generate_latest(registry)


class Installation(Collector):
    """Read from the rows with every scrape."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        under_way = Step.objects.filter(run__state__in=RUN_ACTIVE)
        yield by_state("requests", "Deployment requests.", DeploymentRequest.objects.all())
        yield by_state("runs", "Deployment runs.", DeploymentRun.objects.all())
        yield by_state("steps", "Steps of runs that are under way.", under_way)
        yield gauge(
            "steps_need_decision",
            "Steps of runs under way that wait for a decision.",
            under_way.filter(state=StepState.NEEDS_DECISION).count(),
        )
        yield age(
            "outbox_oldest_seconds", "Age of the oldest event that a handler isn't told of.", undelivered()
        )
        yield age("unsealed_oldest_seconds", "Age of the oldest event without a seal.", unsealed())
        yield gauge("mail_waiting", "News that must still be mailed.", unmailed().count())
        yield age(
            "mail_oldest_seconds", "Age of the oldest of them.", unmailed().aggregate(at=Min("at"))["at"]
        )
        yield silence(signs.HOUSEKEEPER)
        yield silence(signs.WORKER)


def undelivered() -> datetime | None:
    oldest: datetime | None = Outbox.objects.filter(delivered_at=None).aggregate(at=Min("event__at"))["at"]
    return oldest


def unsealed() -> datetime | None:
    oldest: datetime | None = Event.objects.filter(seal=None).aggregate(at=Min("at"))["at"]
    return oldest


def unmailed() -> QuerySet[InboxEntry]:
    return InboxEntry.objects.filter(mail=Sending.WAITING)


def by_state(name: str, said: str, rows: QuerySet[Model]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"releaseorch_{name}", said, labels=["state"])
    for row in rows.order_by().values("state").annotate(n=Count("pk")):
        family.add_metric([row["state"]], row["n"])
    return family


def gauge(name: str, said: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"releaseorch_{name}", said, value=value)


def age(name: str, said: str, since: datetime | None) -> GaugeMetricFamily:
    return gauge(name, said, max(0.0, (clock.now() - since).total_seconds()) if since else 0.0)


def silence(process: str) -> GaugeMetricFamily:
    name, said = (
        f"releaseorch_{process}_silent_seconds",
        f"Seconds since the last sign of life of a {process}.",
    )
    family = GaugeMetricFamily(name, said, labels=["host"])
    for one in signs.heard(process):
        family.add_metric([one.host], max(0.0, one.age_s))
    return family
