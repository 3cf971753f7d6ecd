"""Who owns what a source brings, and who asked for its changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person, PersonKind, Team
from releaseorch.integrations.sources.document import ImportDocument
from releaseorch.integrations.sources.kind import Facts, Ground, Kind, Line


def team_name(source: str) -> str:
    return f"{source.capitalize()} services"


class Teams(Kind):
    """Those that the source names, and one that owns every application without an owner."""

    name, model, is_folded = "team", Team, True

    def lines(self, document: ImportDocument) -> Iterable[Line]:
        for name in document.teams:
            yield name, {"name": name, "on_call_note": ""}
        if set(document.applications) - document.owners.keys():
            name = team_name(document.source)
            yield name, {"name": name}

    def known(self, ground: Ground) -> dict[str, int]:
        return dict(Team.objects.values_list("name", "pk"))

    def first_values(self, facts: Facts, ground: Ground) -> dict[str, Any]:
        slug = ground.free_slug(Team, facts["name"])
        unknown = _("Imported with its applications; the source names no owner.")
        return {"name": facts["name"], "slug": slug, "on_call_note": facts.get("on_call_note", unknown)}


class People(Kind):
    """Those who asked for changes: shown as requesters, without a password nobody logs in as them."""

    name, model = "person", Person

    def lines(self, document: ImportDocument) -> Iterable[Line]:
        for name in sorted({one.requester for one in document.requests}):
            yield name, {"name": name} | ({"is_robot": True} if name in document.robots else {})

    def known(self, ground: Ground) -> dict[str, int]:
        return {}  # somebody of the same name who is here already may be somebody else

    def first_values(self, facts: Facts, ground: Ground) -> dict[str, Any]:
        is_robot = facts.get("is_robot") or facts["name"].lower().endswith("bot")
        person = Person(
            username=ground.free_slug(Person, facts["name"], "username"),
            name=facts["name"],
            kind=PersonKind.ROBOT if is_robot else PersonKind.HUMAN,
        )
        person.set_unusable_password()
        return {name: getattr(person, name) for name in ("username", "name", "kind", "password")}
