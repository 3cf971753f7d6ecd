"""Finds things by a part of their name or by their number, a few of each kind."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person, Team
from releaseorch.catalog import procedure_queries
from releaseorch.catalog.models import Application, Component, ComponentVersion, Procedure
from releaseorch.core.text import folded, normalised
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.features.models import Feature, Release
from releaseorch.runs.models import DeploymentRun
from releaseorch.web.converters import LARGEST_ID

M = TypeVar("M", bound=Model)
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
    """Groups that found something, in a fixed order; one query per kind, and one for whose its hits are.

    No joins: a text that half of ten thousand rows have would join them all to show ten.
    """
    wanted = normalised(text)[:LONGEST]
    if not folded(wanted):
        return []
    kinds = (
        _requests, _runs, _features, _releases, _applications, _components, _procedures, _versions, _people, _teams,
    )  # fmt: skip
    return [group for group in (kind(wanted) for kind in kinds) if group.hits]


def _group(title: str, rows: QuerySet[M], draw: Callable[[M], Hit]) -> Group:
    found = list(rows[: MOST + 1])
    return Group(title, [draw(one) for one in found[:MOST]], len(found) > MOST)


def _named(text: str) -> Q:
    """By the key of the name, in which capitals and widths make no difference any more."""
    return Q(name_key__contains=folded(text))


def _numbered(text: str, kind: str) -> Q:
    """The row of that number, when the text is one ("214", "#214", "run 214")."""
    found = NUMBER.match(text)
    if found is None or (found.group(1) or kind).lower() != kind or int(found.group(2)) > LARGEST_ID:
        return Q(pk=None)
    return Q(pk=int(found.group(2)))


def _requests(text: str) -> Group:
    theirs = Application.objects.filter(_named(text)).values("pk")
    named = Q(title__icontains=text) | Q(application__in=theirs) | _numbered(text, "request")
    rows = (
        DeploymentRequest.objects.prefetch_related("application", "environment").filter(named).order_by("-pk")
    )
    return _group(
        _("Requests"), rows, lambda one: Hit(str(one), f"/requests/{one.pk}", str(one.environment), one)
    )


def _runs(text: str) -> Group:
    rows = DeploymentRun.objects.prefetch_related("environment").order_by("-pk")
    return _group(
        _("Runs"),
        rows.filter(Q(title__icontains=text) | _numbered(text, "run")),
        lambda one: Hit(str(one), f"/runs/{one.pk}", str(one.environment), one),
    )


def _features(text: str) -> Group:
    rows = Feature.objects.filter(_named(text) | Q(title__icontains=text)).order_by("-pk")
    return _group(_("Features"), rows, lambda one: Hit(str(one), f"/features/{one.pk}"))


def _releases(text: str) -> Group:
    rows = Release.objects.filter(_named(text))
    return _group(
        _("Releases"), rows, lambda one: Hit(one.name, f"/releases/{one.pk}", one.get_state_display())
    )


def _applications(text: str) -> Group:
    named = _named(text) | Q(slug__contains=text.casefold())
    rows = Application.objects.prefetch_related("team").filter(named)
    return _group(
        _("Applications"), rows, lambda one: Hit(one.name, f"/applications/{one.slug}", str(one.team))
    )


def _components(text: str) -> Group:
    rows = Component.objects.prefetch_related("application").filter(_named(text)).order_by("name", "pk")
    return _group(
        _("Components"), rows, lambda one: Hit(one.name, f"/components/{one.pk}", str(one.application))
    )


def _procedures(text: str) -> Group:
    """Each once, by its newest version."""
    rows = Procedure.objects.filter(_named(text), procedure_queries.newest())
    return _group(_("Procedures"), rows, lambda one: Hit(str(one), f"/procedures/{one.pk}"))


def _versions(text: str) -> Group:
    rows = ComponentVersion.objects.prefetch_related("component").order_by("-pk")
    return _group(
        _("Versions"),
        rows.filter(Q(text__icontains=text) | Q(commit__startswith=text)),
        lambda one: Hit(one.text, f"/versions/{one.pk}", str(one.component)),
    )


def _people(text: str) -> Group:
    rows = Person.objects.filter(_named(text) | Q(username__contains=text.casefold()), is_active=True)
    return _group(
        _("People"),
        rows,
        lambda one: Hit(one.name, f"/audit?{urlencode({'who': one.name})}", one.contact or one.username),
    )


def _teams(text: str) -> Group:
    rows = Team.objects.filter(_named(text))
    return _group(_("Teams"), rows, lambda one: Hit(one.name, f"/where?team={one.pk}", one.contact))
