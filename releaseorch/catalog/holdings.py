"""What keeps a team from being retired: the applications that it owns."""

from django.utils.translation import gettext as _

from releaseorch.accounts import holdings
from releaseorch.accounts.models import Team
from releaseorch.catalog.models import Application


def ties_of(team: Team) -> list[str]:
    names = list(Application.objects.filter(team=team).values_list("name", flat=True))
    if not names:
        return []
    said = {"team": team, "applications": ", ".join(names)}
    return [_("%(team)s owns %(applications)s. Give them to another team first.") % said]


def register() -> None:
    holdings.register_ties("applications", ties_of)
