"""Every address of the product with sample values, read from the resolver, so that no new one is forgotten."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from releaseorch.accounts.models import Person, Team
from releaseorch.catalog.models import Application, Component, ComponentVersion
from releaseorch.core.models import Hold
from releaseorch.delivery.models import DeploymentRequest, RequestItem
from releaseorch.environments.models import Connection, Environment, Freeze, Placement, Reservation, Target
from releaseorch.features.models import Feature, Release
from releaseorch.policies.models import ApprovalPolicy
from releaseorch.runs.models import Attempt, DeploymentRun, Step

First = Callable[[type[Model] | None], Model | None]
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
NAMED_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
# What an id in an address stands for, by the word before it or by its own name.
ROWS: dict[str, type[Model]] = {
    "requests": DeploymentRequest,
    "request": DeploymentRequest,
    "items": RequestItem,
    "item": RequestItem,
    "runs": DeploymentRun,
    "run": DeploymentRun,
    "steps": Step,
    "step": Step,
    "attempts": Attempt,
    "attempt": Attempt,
    "features": Feature,
    "releases": Release,
    "applications": Application,
    "components": Component,
    "component": Component,
    "versions": ComponentVersion,
    "environments": Environment,
    "environment": Environment,
    "reservations": Reservation,
    "freezes": Freeze,
    "holds": Hold,
    "connections": Connection,
    "placements": Placement,
    "targets": Target,
    "people": Person,
    "policies": ApprovalPolicy,
    "teams": Team,
}


@dataclass(frozen=True)
class Address:
    """One route; `path` is filled with ids of things that exist where that is known, else with 1."""

    route: str
    path: str
    name: str

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    def __str__(self) -> str:
        return "/" + self.route


def routes() -> list[tuple[str, str]]:
    """(route, name) of every pattern."""
    return sorted(set(_walk(get_resolver().url_patterns, "")))


def _walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, route)
        else:
            yield route, pattern.name or ""


def addresses() -> list[Address]:
    """Every address; call it inside a test, since the samples come from the database."""
    first = cache(_first)
    return [
        Address(route, _filled(route, first), name) for route, name in routes() if "<format>" not in route
    ]


def _filled(route: str, first: First) -> str:
    plain = NAMED_GROUP.sub(lambda match: f"<{match.group(1)}>", route)
    plain = re.sub(r"[\^$]|\\Z|/\?$", "", plain)
    parts = plain.split("/")
    filled = [PARAMETER.sub(lambda match, before=before: _sample(before, match.group(1), first), part)
              for before, part in zip(["", *parts], parts, strict=False)]  # fmt: skip
    return "/" + "/".join(filled).replace("\\", "")


def _sample(before: str, name: str, first: First) -> str:
    row = first(ROWS.get(before) or ROWS.get(name))
    if name == "slug":
        return str(getattr(row, "slug", "nothing"))
    return str(row.pk) if row is not None else "1"


def _first(model: type[Model] | None) -> Model | None:
    return model._default_manager.order_by("pk").first() if model is not None else None
