"""Where a role can reach: the names behind the soft references that role grants keep."""

from django.utils.translation import gettext as _

from releaseorch.accounts import queries
from releaseorch.accounts.roles import ScopeKind
from releaseorch.accounts.services import EVERYWHERE, Reach
from releaseorch.catalog.models import Application
from releaseorch.core.errors import Invalid
from releaseorch.environments import queries as inventory


def reaches() -> dict[str, Reach]:
    """Every place that a role can be granted in, by a key such as `application-12`; three queries."""
    found = {ScopeKind.EVERYWHERE.value: EVERYWHERE}
    places = (
        (ScopeKind.TEAM, queries.in_use()),
        (ScopeKind.APPLICATION, Application.objects.all()),
        (ScopeKind.ENVIRONMENT, inventory.in_use()),
    )
    for kind, rows in places:
        for pk, name in rows.values_list("pk", "name"):
            found[f"{kind.value}-{pk}"] = Reach(kind, pk, name)
    return found


def reach_of(key: str) -> Reach:
    """The place of this key; raises `Invalid`."""
    found = reaches().get(key)
    if found is None:
        raise Invalid({"reach": _("Choose where the role reaches.")})
    return found


def choices() -> list[tuple[str, str]]:
    """Keys and words for a select."""
    words = {
        ScopeKind.TEAM: _("the team %(name)s"),
        ScopeKind.APPLICATION: _("the application %(name)s"),
        ScopeKind.ENVIRONMENT: _("the environment %(name)s"),
    }
    return [
        (key, words[one.kind] % {"name": one.name} if one.kind in words else str(one).capitalize())
        for key, one in reaches().items()
    ]
