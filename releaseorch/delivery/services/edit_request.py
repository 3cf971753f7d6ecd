"""Edit a request: its parts as a whole, or one line at a time; changed content makes approvals fall."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core.errors import Conflict, Invalid
from releaseorch.delivery import content, holding, lateness, request_moves, request_rights, retiring
from releaseorch.delivery.digests import content_digest
from releaseorch.delivery.drafts import ItemDraft, RequestChanges, Unset
from releaseorch.delivery.models import DeploymentRequest, RequestItem
from releaseorch.delivery.services.create_request import check_request
from releaseorch.delivery.states import RequestState

APPROVALS_FALL = frozenset({RequestState.APPROVED, RequestState.PLANNED})


def edit_request(
    *, actor: Person, request: DeploymentRequest, seen: int | None = None, changes: RequestChanges
) -> DeploymentRequest:
    """Replace the given parts. Title, note, release, features and wish keep the approvals.

    Changed items or environment of an approved or planned request send it back into approval, and free it from
    the run that holds it. Raises `NotAllowed`, `Conflict`, `Invalid`.
    """
    with transaction.atomic():
        request_rights.demand(actor, "edit", request, seen)
        before = _shown(request)
        for name, value in changes.values.items():
            setattr(request, name, value)
        check_request(request)
        if before["release"] != str(request.release or ""):
            lateness.mark_moved(request)
        if not isinstance(changes.items, Unset):
            content.check_items(request.application, changes.items)
            content.write_items(request, changes.items)
        if not isinstance(changes.features, Unset) and changes.features is not None:
            content.write_features(request, changes.features)
        _finish(actor, request, "request.edited", before)
        if "environment" in changes.values:
            retiring.refuse_retired(request)
    return request


def add_item(
    *,
    actor: Person,
    request: DeploymentRequest,
    seen: int | None = None,
    item: ItemDraft,
    position: int | None = None,
) -> RequestItem:
    """Put a line at `position` (from 1), or at the end; `item.anchor` counts the lines as they will be."""
    with transaction.atomic():
        request_rights.demand(actor, "add_item", request, seen)
        before = _shown(request)
        rows, drafts = content.drafts_of(request)
        place = len(drafts) if position is None else min(max(position, 1), len(drafts) + 1) - 1
        old = [*range(len(drafts))]
        old.insert(place, -1)
        lines = _rewritten(request, rows, drafts, old, new=item)
        _finish(actor, request, "request.item_added", before)
    return lines[place]


def remove_item(
    *, actor: Person, request: DeploymentRequest, seen: int | None = None, item: RequestItem
) -> DeploymentRequest:
    """Take a line out; manual steps that stood to it belong to the whole request then."""
    with transaction.atomic():
        request_rights.demand(actor, "remove_item", request, seen)
        before = _shown(request)
        rows, drafts = content.drafts_of(request)
        gone = _place_of(item, rows)
        _rewritten(request, rows, drafts, [place for place in range(len(rows)) if place != gone])
        _finish(actor, request, "request.item_removed", before)
    return request


def move_item(
    *, actor: Person, request: DeploymentRequest, seen: int | None = None, item: RequestItem, position: int
) -> DeploymentRequest:
    """Put a line at another position (from 1)."""
    with transaction.atomic():
        request_rights.demand(actor, "move_item", request, seen)
        before = _shown(request)
        rows, drafts = content.drafts_of(request)
        order = [*range(len(rows))]
        order.insert(min(max(position, 1), len(rows)) - 1, order.pop(_place_of(item, rows)))
        _rewritten(request, rows, drafts, order)
        _finish(actor, request, "request.item_moved", before)
    return request


def _place_of(item: RequestItem, rows: Sequence[RequestItem]) -> int:
    for place, row in enumerate(rows):
        if row.pk == item.pk:
            return place
    raise Conflict(_("This line is no longer in the request. Look at how it stands now."))


def _rewritten(
    request: DeploymentRequest,
    rows: Sequence[RequestItem],
    drafts: Sequence[ItemDraft],
    order: Sequence[int],
    new: ItemDraft | None = None,
) -> list[RequestItem]:
    """Write the lines in `order` (indexes of the old lines, -1 is the new one), with anchors that follow them."""
    places = {old: place for place, old in enumerate(order)}
    wanted: list[ItemDraft] = []
    for old in order:
        if old < 0 and new is not None:
            wanted.append(new)
            continue
        draft = drafts[old]
        anchor = places.get(draft.anchor) if draft.anchor is not None else None
        wanted.append(ItemDraft(**{**vars(draft), "anchor": anchor}))
    if new is not None:
        content.check_items(request.application, wanted)
    return content.write_items(request, wanted, [rows[old] if old >= 0 else None for old in order])


def _shown(request: DeploymentRequest) -> dict[str, Any]:
    """What an edit can change, as audit keeps it."""
    return {
        "environment": str(request.environment),
        "release": str(request.release or ""),
        "title": request.title,
        "note": request.note,
        "wish_from": request.wish_from.isoformat() if request.wish_from else "",
        "wish_until": request.wish_until.isoformat() if request.wish_until else "",
        "items": [str(item) for item in request.items.select_related("component", "version__component")],
        "features": sorted(request.features.values_list("feature__key", flat=True)),
        "digest": request.content_digest,
    }


def _finish(actor: Person, request: DeploymentRequest, verb: str, before: dict[str, Any]) -> None:
    digest = content_digest(request)
    changed = digest != request.content_digest
    after: dict[str, Any] = {"content_changed": changed}
    if changed and request.state == RequestState.SUBMITTED and not request.items.exists():
        raise Invalid({"items": _("A request in approval keeps one line at least; withdraw it instead.")})
    if changed and request.state in APPROVALS_FALL:
        _fall_back(actor, request)
        after["approvals_fell"] = True
    request.content_digest = digest
    if changed and request.state == RequestState.SUBMITTED:
        after["approvals_carried_over"] = request_moves.approve_if_complete(actor, request)
    now = _shown(request)
    request_moves.settle(
        actor=actor,
        request=request,
        verb=verb,
        before={name: value for name, value in before.items() if now[name] != value},
        after={**{name: value for name, value in now.items() if before[name] != value}, **after},
    )


def _fall_back(actor: Person, request: DeploymentRequest) -> None:
    if not request.items.exists():
        raise Invalid({"items": _("A request in approval keeps one line at least; withdraw it instead.")})
    if request.run_id is not None:
        reason = _("Request #%(id)d was changed by %(person)s.") % {"id": request.pk, "person": actor.name}
        holding.let_go(actor=actor, request=request, reason=reason)
    request_moves.move(request, "reopen")
