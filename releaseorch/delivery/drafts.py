"""What somebody wants to file or change, before it is a row: the input of the request services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person, Team
from releaseorch.catalog.models import Application, Component, ComponentVersion
from releaseorch.core.errors import Invalid
from releaseorch.delivery.states import ItemKind, ItemPlacement
from releaseorch.environments.models import Environment
from releaseorch.features.models import Feature, Release


class Unset(Enum):
    """Says that a part of a request stays as it is; None would empty it."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


@dataclass(frozen=True, kw_only=True)
class ItemDraft:
    """One line; `anchor` is the index (from 0) of the line that a manual step stands to, None = the whole request."""

    kind: ItemKind = ItemKind.DEPLOY
    component: Component | None = None
    version: ComponentVersion | None = None
    title: str = ""
    instructions: str = ""
    team: Team | None = None
    placement: ItemPlacement = ItemPlacement.AFTER
    anchor: int | None = None
    expected_s: int = 600


@dataclass(frozen=True, kw_only=True)
class RequestDraft:
    """One request to be created."""

    application: Application
    environment: Environment
    release: Release | None = None
    title: str = ""
    note: str = ""
    items: Sequence[ItemDraft] = ()
    features: Sequence[Feature] | None = None  # None: those of the application in the release
    wish_from: datetime | None = None
    wish_until: datetime | None = None
    on_behalf_of: Person | None = None


@dataclass(frozen=True, kw_only=True)
class RequestChanges:
    """The parts of a request to be replaced; what is left out stays."""

    environment: Environment | Unset = UNSET
    release: Release | Unset | None = UNSET
    title: str | Unset = UNSET
    note: str | Unset = UNSET
    items: Sequence[ItemDraft] | Unset = UNSET
    features: Sequence[Feature] | Unset = UNSET
    wish_from: datetime | Unset | None = UNSET
    wish_until: datetime | Unset | None = UNSET

    @property
    def values(self) -> dict[str, Any]:
        """Plain columns that were given, by name."""
        names = ("environment", "release", "title", "note", "wish_from", "wish_until")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not UNSET}


def items_from(rows: Sequence[Mapping[str, Any]]) -> list[ItemDraft]:
    """Lines as a page or the API sends them (ids instead of objects); raises `Invalid` under `items`, by line.

    Keys: kind, component_id, version_id, title, instructions, team_id, placement, anchor, expected_s. Three queries.
    """
    components = Component.objects.select_related("application").in_bulk(_ids(rows, "component_id"))
    versions = ComponentVersion.objects.select_related("component").in_bulk(_ids(rows, "version_id"))
    teams = Team.objects.in_bulk(_ids(rows, "team_id"))
    drafts: list[ItemDraft] = []
    wrong: list[str] = []
    for number, row in enumerate(rows, start=1):
        found: dict[str, Any] = {
            "component": components.get(row.get("component_id") or 0),
            "version": versions.get(row.get("version_id") or 0),
            "team": teams.get(row.get("team_id") or 0),
        }
        missing = [name for name, thing in found.items() if row.get(f"{name}_id") and thing is None]
        wrong += [
            _("Line %(line)d: there is no %(what)s %(id)s.")
            % {"line": number, "what": name, "id": row[f"{name}_id"]}
            for name in missing
        ]
        plain = {name: row[name] for name in ("title", "instructions", "anchor", "expected_s") if name in row}
        try:
            kind = ItemKind(row.get("kind", ItemKind.DEPLOY))
            placement = ItemPlacement(row.get("placement") or ItemPlacement.AFTER)
        except ValueError as unknown:
            wrong.append(_("Line %(line)d: %(what)s.") % {"line": number, "what": unknown})
            continue
        drafts.append(ItemDraft(kind=kind, placement=placement, **found, **plain))
    if wrong:
        raise Invalid({"items": wrong})
    return drafts


def _ids(rows: Sequence[Mapping[str, Any]], name: str) -> set[int]:
    return {row[name] for row in rows if row.get(name) and 0 < row[name] < 2**63}
