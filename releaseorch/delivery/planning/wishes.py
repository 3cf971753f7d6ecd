"""Merging items: all requests that want the same of a component become one wish, contradictions a conflict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from releaseorch.delivery.planning.inputs import ComponentIn, ItemIn, PlanInputs, VersionIn
from releaseorch.delivery.planning.plan import Conflict
from releaseorch.delivery.planning.sentences import item_ids, listed, named_requests, numbers_of, request_ids
from releaseorch.words import gettext as _
from releaseorch.words import ngettext


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to happen to one component, and the items that ask for it."""

    component: ComponentIn
    kind: Literal["deploy", "redeploy", "remove"]
    version: VersionIn | None
    items: tuple[ItemIn, ...]

    @property
    def version_id(self) -> int | None:
        return self.version.id if self.version and self.version.id else None

    @property
    def version_text(self) -> str:
        return self.version.text if self.version else ""

    @property
    def subject(self) -> str:
        """Component and version, as in "claims-web 2.3.1"."""
        return f"{self.component.name} {self.version_text}".rstrip()

    @property
    def item_ids(self) -> tuple[int, ...]:
        return item_ids(self.items)

    @property
    def why(self) -> str:
        """The sentence that says who asks for this."""
        count = len(request_ids(self.items))
        if self.kind == "remove":
            said = ngettext(
                "Request %(numbers)s removes %(subject)s", "Requests %(numbers)s remove %(subject)s", count
            )
        elif self.kind == "redeploy":
            said = ngettext(
                "Request %(numbers)s redeploys %(subject)s",
                "Requests %(numbers)s redeploy %(subject)s",
                count,
            )
        else:
            said = ngettext(
                "Request %(numbers)s deploys %(subject)s", "Requests %(numbers)s deploy %(subject)s", count
            )
        return said % {"numbers": numbers_of(self.items), "subject": self.subject}


class _Refused(Exception):
    def __init__(self, conflict: Conflict) -> None:
        self.conflict = conflict


def merge_items(inputs: PlanInputs) -> tuple[list[Wish], list[Conflict]]:
    """Return one wish per component, sorted by application and component, and what is wrong with the items.

    When a component is asked for in contradicting ways, the oldest request is planned and the conflict blocks.
    """
    components = {component.id: component for component in inputs.components}
    versions = _Versions(inputs)
    conflicts: list[Conflict] = []
    asked: dict[int, list[tuple[ItemIn, VersionIn | None]]] = {}
    for item in sorted(inputs.items, key=_seniority):
        if item.kind == "manual":
            continue
        try:
            component = _component_of(item, components)
            version = None if item.kind == "remove" else versions.asked_by(item, component)
        except _Refused as refused:
            conflicts.append(refused.conflict)
        else:
            asked.setdefault(component.id, []).append((item, version))
    wishes: list[Wish] = []
    for component_id, asks in asked.items():
        wish, found = _merge(components[component_id], asks)
        wishes.append(wish)
        conflicts.extend(found)
    wishes.sort(key=lambda wish: (wish.component.application_name, wish.component.name, wish.component.id))
    return wishes, conflicts


def _seniority(item: ItemIn) -> tuple[int, int, int]:
    return (item.request_number, item.position, item.id)


def _component_of(item: ItemIn, components: Mapping[int, ComponentIn]) -> ComponentIn:
    component = components.get(item.component_id) if item.component_id is not None else None
    if component is None:
        raise _Refused(
            Conflict(
                kind="unknown-component",
                severity="block",
                sentence=_("An item of request #%(number)d names no known component.")
                % {"number": item.request_number},
                helps=_("Choose the component in the request, or take the request out."),
                request_ids=(item.request_id,),
            )
        )
    return component


class _Versions:
    """Finds the version that an item means, by id or by text."""

    def __init__(self, inputs: PlanInputs) -> None:
        self._by_id = {version.id: version for version in inputs.versions}
        self._by_text = {(version.component_id, version.text): version for version in inputs.versions}

    def asked_by(self, item: ItemIn, component: ComponentIn) -> VersionIn:
        """Raise _Refused when there is no such version of this component; a bare text is taken as it is."""
        if item.version_id is not None:
            found = self._by_id.get(item.version_id)
        else:
            found = self._by_text.get((component.id, item.version_text))
        if found is None and item.version_id is None and item.version_text:
            return VersionIn(id=0, component_id=component.id, text=item.version_text)
        if found is None or found.component_id != component.id:
            raise _Refused(
                Conflict(
                    kind="unknown-version",
                    severity="block",
                    sentence=_("Request #%(number)d asks for a version of %(component)s that is not known.")
                    % {"number": item.request_number, "component": component.name},
                    helps=_("Register the version, or choose another one in the request."),
                    request_ids=(item.request_id,),
                    component_id=component.id,
                )
            )
        return found


def _merge(
    component: ComponentIn, asks: list[tuple[ItemIn, VersionIn | None]]
) -> tuple[Wish, list[Conflict]]:
    groups: dict[str | None, list[tuple[ItemIn, VersionIn | None]]] = {}
    for item, version in asks:
        groups.setdefault(version.text if version else None, []).append((item, version))
    winners = next(iter(groups.values()))
    items, version = tuple(item for item, _version in winners), winners[0][1]
    kind: Literal["deploy", "redeploy", "remove"] = "deploy"
    if version is None:
        kind = "remove"
    elif any(item.kind == "redeploy" for item in items):
        kind = "redeploy"
    wish = Wish(component, kind, version, items)
    return wish, list(_conflicts(wish, groups))


def _conflicts(
    wish: Wish, groups: Mapping[str | None, list[tuple[ItemIn, VersionIn | None]]]
) -> Iterator[Conflict]:
    component = wish.component
    if len(groups) > 1:
        asked = listed(
            _("%(version)s by %(requests)s")
            % {
                "version": text or _("its removal"),
                "requests": named_requests(item for item, _version in group),
            }
            for text, group in groups.items()
        )
        yield Conflict(
            kind="two-versions",
            severity="block",
            sentence=ngettext(
                "%(component)s is asked for in %(count)d way: %(asked)s.",
                "%(component)s is asked for in %(count)d ways: %(asked)s.",
                len(groups),
            )
            % {"component": component.name, "count": len(groups), "asked": asked},
            helps=_("Keep one of them: take the other request out, or change its item."),
            request_ids=request_ids([item for group in groups.values() for item, _version in group]),
            component_id=component.id,
        )
    for group in groups.values():
        version = group[0][1]
        if version and version.blocked_reason:
            items = [item for item, _version in group]
            yield Conflict(
                kind="blocked-version",
                severity="block",
                sentence=_("%(component)s %(version)s of %(requests)s is blocked: %(reason)s.")
                % {
                    "component": component.name,
                    "version": version.text,
                    "requests": named_requests(items),
                    "reason": version.blocked_reason.rstrip("."),
                },
                helps=_("Choose another version in the request, or have the block lifted."),
                request_ids=request_ids(items),
                component_id=component.id,
            )
