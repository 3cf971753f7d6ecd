"""Settings: everything that is set up once and changed seldom, with how much of it there is."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from releaseorch.accounts import queries
from releaseorch.accounts.models import Person
from releaseorch.accounts.roles import Role
from releaseorch.catalog.models import Application, Procedure
from releaseorch.environments import ahead
from releaseorch.environments.models import Connection
from releaseorch.environments.queries import in_use
from releaseorch.policies import slots
from releaseorch.web.http import render_page


@dataclass(frozen=True)
class Place:
    """One thing that can be set up: where it is, what it is for, how many there are."""

    url: str
    label: str
    sentence: str
    count: Callable[[], int] | None = None

    @property
    def number(self) -> int | None:
        return self.count() if self.count is not None else None


@dataclass(frozen=True)
class Group:
    label: str
    places: tuple[Place, ...]


def groups() -> list[Group]:
    return [
        Group(
            _("Who"),
            (
                Place("/people", _("People"), _("Who may log in, robots too; what waits for each of them."),
                      Person.objects.filter(is_active=True).count),
                Place("/teams", _("Teams"), _("Who owns applications and takes steps; whom to call at night."),
                      queries.in_use().count),
                Place("/roles", _("Roles"), _("What each role lets people do, and who has it where."),
                      lambda: len(Role)),
                Place("/me", _("My access"), _("My own roles, password, API tokens and sessions.")),
            ),
        ),
        Group(
            _("What"),
            (
                Place("/applications", _("Applications"), _("Products with their components, and what they need."),
                      Application.objects.filter(retired_at=None).count),
                Place("/procedures", _("Procedures"), _("How components are deployed: steps in phases, as YAML."),
                      Procedure.objects.values("name_key").distinct().count),
                Place("/policies", _("Policies"), _("Whose consent a request or a run needs, and where."),
                      slots.in_force().count),
            ),
        ),
        Group(
            _("Where"),
            (
                Place("/environments", _("Environments"),
                      _("Places to deploy to in promotion order, their targets, who keeps them."),
                      in_use().count),
                Place("/connections", _("Connections"),
                      _("How tools reach what they deploy to; secrets can be set, never read."),
                      Connection.objects.count),
                Place("/freezes", _("Freezes"), _("When nothing may start."), ahead.freezes_ahead().count),
            ),
        ),
        Group(
            _("All at once"),
            (
                Place("/settings/tables", _("Import and export"),
                      _("All of the above as a workbook, and back; the export is the template for the next.")),
            ),
        ),
    ]  # fmt: skip


@require_safe
def settings(request: HttpRequest) -> HttpResponse:
    return render_page(request, "settings/index.html", {"groups": groups()})
