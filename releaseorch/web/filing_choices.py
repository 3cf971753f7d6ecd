"""What the request form offers to choose among: all of it while that is few, else a field for a name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, Team
from releaseorch.catalog.models import Application
from releaseorch.core.choosing import MOST_OFFERED, few_of
from releaseorch.core.errors import Invalid
from releaseorch.delivery import request_form
from releaseorch.features.models import Release
from releaseorch.web.choices import NOBODY, chosen_id

Names = list[tuple[int, str]]


@dataclass(frozen=True)
class Applications:
    """Those that the person may file for; `others` is None where there are too many: then a name is typed."""

    own: Names
    others: Names | None

    def __bool__(self) -> bool:
        return self.others is None or bool(self.own or self.others)


@dataclass
class Typed:
    """Reads the choices of a form, by number or by name; `unknown` keeps the names that nothing is called."""

    values: Mapping[str, str]
    unknown: dict[str, str] = field(default_factory=dict)

    def row_of(self, name: str, rows: QuerySet[Any], label: str = "name") -> Any:
        """The chosen row, None for none; one query for a number, up to two for a name."""
        found = chosen_id(name, rows, self.values, label=label)
        if found == NOBODY and self.values[name].strip() not in ("", "0"):
            self.unknown[name] = self.values[name].strip()
        return rows.filter(pk=found).first() if found else None


def refuse_unknown(unknown: Mapping[str, str]) -> None:
    """Raises `Invalid` by field for each name that nothing is called."""
    if unknown:
        said = _("There is nothing of that name here: %(names)s.")
        raise Invalid({name: said % {"names": typed} for name, typed in unknown.items()})


def applications(person: Person) -> Applications:
    """Those of the person's own teams apart; one query."""
    rows = request_form.applications_of(person).values_list("pk", "name", "team_id")
    found, teams = list(rows[: MOST_OFFERED + 1]), policy.team_ids(person)
    own = [(pk, name) for pk, name, team in found if team in teams]
    others = [(pk, name) for pk, name, team in found if team not in teams]
    return Applications(own, others if len(found) <= MOST_OFFERED else None)


def releases(application: Application | None) -> list[Release] | None:
    """Those that can be filed for, None where there are too many; one query."""
    found = list(request_form.releases_open(application)[: MOST_OFFERED + 1])
    return found if len(found) <= MOST_OFFERED else None


def teams() -> Names | None:
    """Who may carry out a step by hand, None where there are too many; one query."""
    return few_of(Team.objects.filter(retired_at=None))


def teammates(person: Person, application: Application | None) -> Names | None:
    """For whom the person may file: the people of the application's team, None where there are too many."""
    if application is None:
        return []
    members = Person.objects.filter(memberships__team=application.team_id, is_active=True, kind="human")
    return few_of(members.exclude(pk=person.pk).order_by("name"))
