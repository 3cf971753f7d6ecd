"""Where a role can reach: the names behind the soft references that role grants keep."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet, Value
from django.utils.translation import gettext as _

from releaseorch.accounts import queries
from releaseorch.accounts.roles import ScopeKind
from releaseorch.accounts.services import EVERYWHERE, Reach
from releaseorch.catalog.models import Application
from releaseorch.core.choosing import MOST_OFFERED
from releaseorch.core.errors import Invalid
from releaseorch.environments import queries as inventory


def reach_of(key: str) -> Reach:
    """The place of a key such as `application-12`, or of its name as people say it; raises `Invalid`."""
    text = key.strip()
    if text.lower() in {ScopeKind.EVERYWHERE.value, str(ScopeKind.EVERYWHERE.label).lower()}:
        return EVERYWHERE
    found = list(_of_key(text)) or list(_of_name(text))
    if len(found) > 1:
        both = _(" or ").join(_in_words(one) for one in found)
        raise Invalid({"reach": _("Say which: %(both)s.") % {"both": both}})
    if not found:
        raise Invalid({"reach": _("Choose where the role reaches.")})
    return found[0]


def choices() -> list[tuple[str, str]] | None:
    """Keys and words for a select, None when there are too many places to offer; one query."""
    kinds = list(_places())
    first, *others = (
        rows.order_by().values_list(Value(number), "pk", "name")
        for number, rows in enumerate(_places().values())
    )
    found = list(first.union(*others, all=True)[: MOST_OFFERED + 1])
    if len(found) > MOST_OFFERED:
        return None
    return [
        (ScopeKind.EVERYWHERE.value, str(EVERYWHERE).capitalize()),
        *(
            (f"{kinds[number].value}-{pk}", _in_words(Reach(kinds[number], pk, name)))
            for number, pk, name in sorted(found, key=lambda row: (row[0], row[2].casefold()))
        ),
    ]


def _places() -> dict[ScopeKind, QuerySet[Any]]:
    return {
        ScopeKind.TEAM: queries.in_use(),
        ScopeKind.APPLICATION: Application.objects.all(),
        ScopeKind.ENVIRONMENT: inventory.in_use(),
    }


def _in_words(reach: Reach) -> str:
    return _words()[ScopeKind(reach.kind)] % {"name": reach.name}


def _words() -> dict[ScopeKind, str]:
    return {
        ScopeKind.TEAM: _("the team %(name)s"),
        ScopeKind.APPLICATION: _("the application %(name)s"),
        ScopeKind.ENVIRONMENT: _("the environment %(name)s"),
    }


def _of_key(text: str) -> Iterator[Reach]:
    kind, _dash, number = text.partition("-")
    if kind in ScopeKind.values and number.isascii() and number.isdigit() and len(number) < 19:
        rows = _places().get(ScopeKind(kind))
        name = (
            rows.filter(pk=int(number)).values_list("name", flat=True).first() if rows is not None else None
        )
        if name is not None:
            yield Reach(ScopeKind(kind), int(number), name)


def _of_name(text: str) -> Iterator[Reach]:
    """Every place of that name, alone or with its kind before it."""
    for kind, rows in _places().items():
        before, _gap, after = _words()[kind].partition("%(name)s")
        name = text.removeprefix(before).removesuffix(after) if text.startswith(before) else text
        for pk, found in rows.filter(name__iexact=name).values_list("pk", "name")[:1]:
            yield Reach(kind, pk, found)
