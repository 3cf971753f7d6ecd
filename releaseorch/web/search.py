"""Finds things by a part of their name or by their number, a few of each kind."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person, Team
from releaseorch.catalog.models import Application, Component, ComponentVersion
from releaseorch.core.text import normalised
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.features.models import Feature, Release
from releaseorch.runs.models import DeploymentRun
from releaseorch.web.converters import LARGEST_ID

MOST = 10
LONGEST = 200
NUMBER = re.compile(r"(?:(request|run)\s*)?#?\s*([1-9][0-9]{0,18})\Z", re.IGNORECASE)


@dataclass(frozen=True)
class Hit:
    """One thing found: what it is called, where its page is, what else tells it apart."""

    name: str
    url: str
    note: str = ""
    subject: Model | None = None  # its state is drawn, where it has one


@dataclass(frozen=True)
class Group:
    """Hits of one kind; `more` when there are others beyond the limit."""

    title: str
    hits: list[Hit]
    more: bool


def find(text: str) -> list[Group]:
    """Groups that found something, exact numbers first; one query per kind."""
    wanted = normalised(text)[:LONGEST]
    if not wanted:
        return []
    groups = [_group(title, rows(wanted), draw) for title, rows, draw in _kinds()]
    return [group for group in groups if group.hits]


Rows = Callable[[str], QuerySet[Model]]
Draw = Callable[[Model], Hit]


def _kinds() -> list[tuple[str, Rows, Draw]]:
    return [
        (_("Requests"), _requests, lambda one: Hit(str(one), f"/requests/{one.pk}", str(one.environment), one)),
        (_("Runs"), _runs, lambda one: Hit(str(one), f"/runs/{one.pk}", str(one.environment), one)),
        (_("Features"), _features, lambda one: Hit(str(one), f"/features/{one.pk}")),
        (_("Releases"), _releases, lambda one: Hit(one.name, f"/releases/{one.pk}", one.get_state_display())),
        (_("Applications"), _applications, lambda one: Hit(one.name, f"/applications/{one.slug}", str(one.team))),
        (_("Components"), _components, lambda one: Hit(one.name, f"/components/{one.pk}", str(one.application))),
        (_("Versions"), _versions, lambda one: Hit(
            one.text, f"/components/{one.component_id}#version-{one.pk}", str(one.component))),
        (_("People"), _people, lambda one: Hit(one.name, f"/audit?{urlencode({'who': one.name})}", one.contact or one.username)),
        (_("Teams"), _teams, lambda one: Hit(one.name, f"/where?team={one.pk}", one.contact)),
    ]


def _group(title: str, rows: QuerySet[Model], draw: Draw) -> Group:
    found = list(rows[: MOST + 1])
    return Group(title, [draw(one) for one in found[:MOST]], len(found) > MOST)


def _numbered(text: str, kind: str) -> Q:
    """The row of that number, when the text is one ("214", "#214", "run 214")."""
    found = NUMBER.match(text)
    if found is None or (found.group(1) or kind).lower() != kind or int(found.group(2)) > LARGEST_ID:
        return Q(pk=None)
    return Q(pk=int(found.group(2)))


def _requests(text: str) -> QuerySet[Model]:
    rows = DeploymentRequest.objects.select_related("application", "environment")
    named = Q(title__icontains=text) | Q(application__name__icontains=text)
    return rows.filter(named | _numbered(text, "request")).order_by("-pk")


def _runs(text: str) -> QuerySet[Model]:
    rows = DeploymentRun.objects.select_related("environment")
    return rows.filter(Q(title__icontains=text) | _numbered(text, "run")).order_by("-pk")


def _features(text: str) -> QuerySet[Model]:
    return Feature.objects.filter(Q(key__icontains=text) | Q(title__icontains=text)).order_by("-pk")


def _releases(text: str) -> QuerySet[Model]:
    return Release.objects.filter(name__icontains=text)


def _applications(text: str) -> QuerySet[Model]:
    return Application.objects.select_related("team").filter(Q(name__icontains=text) | Q(slug__icontains=text))


def _components(text: str) -> QuerySet[Model]:
    return Component.objects.select_related("application").filter(name__icontains=text)


def _versions(text: str) -> QuerySet[Model]:
    rows = ComponentVersion.objects.select_related("component")
    return rows.filter(Q(text__icontains=text) | Q(commit__startswith=text)).order_by("-pk")


def _people(text: str) -> QuerySet[Model]:
    return Person.objects.filter(is_active=True).filter(Q(name__icontains=text) | Q(username__icontains=text))


def _teams(text: str) -> QuerySet[Model]:
    return Team.objects.filter(name__icontains=text)
