"""What of the inventory somebody wants to see, and the same as lines for a spreadsheet."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from releaseorch.catalog.models import Application
from releaseorch.core.paging import Page
from releaseorch.environments import queries
from releaseorch.environments.models import Installation
from releaseorch.environments.queries import Line, Matrix
from releaseorch.features.models import Feature, FeatureScope


@dataclass(frozen=True)
class Chosen:
    """A moment (None: now), and which applications: of a team, of a release, touched by a feature (its key)."""

    at: datetime | None = None
    team: int | None = None
    release: int | None = None
    feature: str = ""

    @property
    def is_filtered(self) -> bool:
        return self.team is not None or self.release is not None or bool(self.feature)

    @property
    def is_unknown_feature(self) -> bool:
        return bool(self.feature) and not Feature.objects.filter(key__iexact=self.feature).exists()

    def page(self, cursor: str | None) -> Page[Line]:
        """Fifty components with all their cells."""
        found = queries.components_page(cursor, at=self.at, application_ids=self._applications())
        return found.of(queries.where_is_what(at=self.at, components=found.items).lines)

    def matrix(self) -> Matrix:
        """All of them, for a spreadsheet."""
        applications = self._applications()
        wanted = None if applications is None else set(applications)
        return queries.where_is_what(at=self.at, application_ids=wanted)

    def _applications(self) -> QuerySet[Any, int] | None:
        if not self.is_filtered:
            return None
        found = Application.objects.all()
        if self.team is not None:
            found = found.filter(team_id=self.team)
        if self.release is not None:
            touched = FeatureScope.objects.filter(feature__lines__release_id=self.release)
            found = found.filter(pk__in=touched.values("application_id"))
        if self.feature:
            touched = FeatureScope.objects.filter(feature__key__iexact=self.feature)
            found = found.filter(pk__in=touched.values("application_id"))
        return found.order_by().values_list("pk", flat=True)


def rows(matrix: Matrix) -> Iterator[list[str]]:
    """A head, then a line per component, environment and target."""
    yield [
        _("Application"), _("Component"), _("Team"), _("Environment"), _("Target"), _("Version"), _("Or"),
        _("Since"), _("By"),
    ]  # fmt: skip
    for line in matrix.lines:
        application = line.component.application
        names = [application.name, line.component.name, application.team.name]
        for cell in line.cells:
            for row in cell.rows:
                yield [*names, cell.environment.name, *_told(row)]


def _told(row: Installation) -> list[str]:
    return [
        row.target.name if row.target else "",
        row.version.text if row.version else "",
        row.uncertain_with.text if row.uncertain_with else "",
        localtime(row.since).strftime("%Y-%m-%d %H:%M"),
        row.source_name,
    ]
