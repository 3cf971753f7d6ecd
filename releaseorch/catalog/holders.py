"""What keeps applications, components and environments from being retired; apps above register how they are asked."""

from collections.abc import Callable

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releaseorch.catalog.models import Application, Component, ComponentDependency, Retirable

# Sentences that name what holds the row; empty when nothing does. Asked inside the verb's transaction.
Holder = Callable[[Retirable], list[str]]
_holders: dict[str, Holder] = {}
NAMED = 5


def register(name: str, holder: Holder) -> None:
    _holders[name] = holder


def sentences(row: Retirable) -> list[str]:
    return [sentence for holder in (needs, *_holders.values()) for sentence in holder(row)]


def needs(row: Retirable) -> list[str]:
    """The components in use that need it, or a component of it, the first few by name; one query."""
    if isinstance(row, Component):
        links = ComponentDependency.objects.filter(needs=row)
    elif isinstance(row, Application):
        links = ComponentDependency.objects.filter(
            ~Q(component__application=row.pk), needs__application=row.pk
        )
    else:
        return []
    found = list(
        links.filter(component__retired_at=None).order_by("pk").values_list("component__name", "needs__name")
    )
    said = [
        _("%(component)s needs %(needs)s. Take this dependency out first.")
        % {"component": component, "needs": needed}
        for component, needed in found[:NAMED]
    ]
    more = len(found) - NAMED
    if more > 0:
        said.append(
            ngettext("%(n)d more dependency is in the way.", "%(n)d more dependencies are in the way.", more)
            % {"n": more}
        )
    return said
