"""Every address of the product with sample values, read from the resolver, so that no new one is forgotten."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from releaseorch.catalog.models import Application, Component
from releaseorch.environments.models import Environment
from releaseorch.features.models import Feature, Release

PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
NAMED_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")
FOUND_BY = {"features": Feature, "releases": Release, "components": Component}


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
    found = [Address(route, _filled(route), name) for route, name in routes()]
    return [one for one in found if "\\." not in one.route or "format" not in one.route]


def _filled(route: str) -> str:
    noun = route.split("/")[0]
    plain = NAMED_GROUP.sub(lambda match: f"<{match.group(1)}>", route)
    plain = re.sub(r"[\^$]|\\Z|/\?$", "", plain)
    path = PARAMETER.sub(lambda match: _sample(noun, match.group(2)), plain)
    return "/" + path.replace("\\", "")


def _sample(noun: str, name: str) -> str:
    if name == "slug":
        first = Application.objects.first()
        return first.slug if first else "nothing"
    if name == "component":
        return _first(Component)
    if name == "environment":
        return _first(Environment)
    return _first(FOUND_BY[noun]) if noun in FOUND_BY else "1"


def _first(model: type) -> str:
    row = model.objects.order_by("pk").first()
    return str(row.pk) if row else "1"
