"""Reads the form of a request from a post or an address: ids, typed names, lines."""

from collections.abc import Iterable, Mapping

from django.http import QueryDict

from releaseorch.accounts.models import Person, Team
from releaseorch.catalog.models import Application, Component, ComponentVersion
from releaseorch.core.fields import name_key
from releaseorch.delivery import content
from releaseorch.delivery.states import ItemKind, ItemPlacement
from releaseorch.environments.models import Environment
from releaseorch.features.models import Release
from releaseorch.web import filing_choices, inputs
from releaseorch.web.filing import Filing, Line

MOST_LINES = content.MOST_ITEMS + 1  # one more than a request may have, so that the service can say so


def read(posted: QueryDict) -> Filing:
    """What was typed. An id that leads nowhere counts as not chosen, a name stays as it was typed.

    About seven queries, and one for each name.
    """
    typed = filing_choices.Typed(posted)
    application = typed.row_of("application", Application.objects.select_related("team"))
    release = typed.row_of("release", Release.objects.all())
    return Filing(
        application=application,
        environment=Environment.objects.filter(pk=_id(posted, "environment")).first(),
        release=release,
        title=posted.get("title", ""),
        note=_text(posted, "note"),
        wish_from=posted.get("wish_from", ""),
        wish_until=posted.get("wish_until", ""),
        on_behalf_of=typed.row_of("on_behalf_of", Person.objects.all(), "username"),
        lines=_lines(posted),
        features=_features(posted, application, release),
        also=frozenset(_ids(posted, ["also"])),
        version=inputs.row_id(posted, "version"),
        since=inputs.row_id(posted, "since"),
        unknown=typed.unknown,
    )


def _text(posted: Mapping[str, str], name: str) -> str:
    """Browsers end lines with two characters; nothing shall count as changed by that."""
    return posted.get(name, "").replace("\r\n", "\n")


def _id(posted: QueryDict, name: str) -> int:
    return inputs.row_id(posted, name) or 0


def _features(
    posted: QueryDict, application: Application | None, release: Release | None
) -> frozenset[int] | None:
    """The ticked ones, unless they were drawn for another application or release."""
    drawn = (posted.get("was_application", ""), posted.get("was_release", ""))
    if drawn != tuple(str(one.pk) if one else "" for one in (application, release)):
        return None
    return frozenset(_ids(posted, ["feature"]))


def _lines(posted: QueryDict) -> tuple[Line, ...]:
    count = min(_id(posted, "lines"), MOST_LINES)
    names = range(count)
    components = Component.objects.select_related("application").in_bulk(
        _ids(posted, [f"component-{n}" for n in names])
    )
    versions = ComponentVersion.objects.select_related("component__application").in_bulk(
        _ids(posted, [f"version-{n}" for n in names])
    )
    teams = _teams(posted, [f"team-{n}" for n in names])
    return tuple(
        Line(
            kind=_one_of(ItemKind.values, posted.get(f"kind-{n}", ""), ItemKind.DEPLOY),
            component=components.get(_id(posted, f"component-{n}")),
            version=versions.get(_id(posted, f"version-{n}")),
            title=posted.get(f"title-{n}", ""),
            instructions=_text(posted, f"instructions-{n}"),
            team=teams.get(f"team-{n}"),
            unknown_team="" if f"team-{n}" in teams else _name(posted, f"team-{n}"),
            placement=_one_of(ItemPlacement.values, posted.get(f"placement-{n}", ""), ItemPlacement.AFTER),
            anchor=_place(posted, f"anchor-{n}", count),
            minutes=posted.get(f"minutes-{n}", "10").strip(),
        )
        for n in names
    )


def _teams(posted: QueryDict, names: Iterable[str]) -> dict[str, Team]:
    """The chosen team by the name of its field, by number or by name; two queries."""
    typed = {name: _name(posted, name) for name in names}
    by_id = Team.objects.in_bulk(_ids(posted, [name for name, text in typed.items() if not text]))
    keys = {name_key(text) for text in typed.values() if text}
    by_name = {team.name_key: team for team in Team.objects.filter(name_key__in=keys, retired_at=None)}
    found = {
        name: by_name.get(name_key(text)) if text else by_id.get(_id(posted, name))
        for name, text in typed.items()
    }
    return {name: team for name, team in found.items() if team is not None}


def _name(posted: QueryDict, name: str) -> str:
    """What was typed there, empty where it is nothing or a number."""
    text = posted.get(name, "").strip()
    return "" if text.isascii() and text.isdigit() else text


def _ids(posted: QueryDict, names: Iterable[str]) -> set[int]:
    texts = [text for name in names for text in posted.getlist(name)]
    found = (inputs.row_id({"": text}, "") for text in texts)
    return {number for number in found if number is not None}


def _place(posted: Mapping[str, str], name: str, count: int) -> int | None:
    place = inputs.row_id(posted, name)
    return place if place is not None and place < count else None


def _one_of(values: Iterable[str], text: str, otherwise: str) -> str:
    return text if text in values else str(otherwise)
