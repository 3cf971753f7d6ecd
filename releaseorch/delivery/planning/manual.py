"""Manual items of the requests: instructions before, after or beside an item or the whole request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from releaseorch.delivery.planning.blocks import Block
from releaseorch.delivery.planning.draft import Draft, Rank
from releaseorch.delivery.planning.inputs import ComponentIn, ItemIn, ItemPlacement, Phase
from releaseorch.delivery.planning.plan import Conflict, StepOut
from releaseorch.delivery.planning.sentences import manual_title
from releaseorch.words import gettext as _
from releaseorch.words import gettext_noop


@dataclass(slots=True)
class _Request:
    """The steps of one request, by item, and those that stand before or after all of them."""

    by_item: dict[int, list[str]] = field(default_factory=dict)
    whole: list[str] = field(default_factory=list)


# Where a manual item stands among the phases, for pages that group by them.
_PHASE_OF: Mapping[ItemPlacement, Phase] = {"before": "prepare", "with": "deploy", "after": "verify"}
_WHYS_BY_ITEM: Mapping[ItemPlacement, str] = {
    "before": gettext_noop("Request #%(number)d asks for this before one of its items."),
    "with": gettext_noop("Request #%(number)d asks for this with one of its items."),
    "after": gettext_noop("Request #%(number)d asks for this after one of its items."),
}
_WHYS_BY_REQUEST: Mapping[ItemPlacement, str] = {
    "before": gettext_noop("Request #%(number)d asks for this before the whole request."),
    "with": gettext_noop("Request #%(number)d asks for this with the whole request."),
    "after": gettext_noop("Request #%(number)d asks for this after the whole request."),
}


def add_manual_items(
    draft: Draft, items: Iterable[ItemIn], blocks: Sequence[Block], components: Mapping[int, ComponentIn]
) -> list[Conflict]:
    """Add a step per manual item and link it to its anchor; several at the same place keep their order."""
    manual = sorted(
        (item for item in items if item.kind == "manual"),
        key=lambda item: (item.request_number, item.position, item.id),
    )
    requests = _requests(blocks)
    keys = {item.id: draft.add(_step(item, components), _rank(item, draft, requests)) for item in manual}
    for item in manual:
        request = requests.setdefault(item.request_id, _Request())
        request.by_item[item.id] = [keys[item.id]]
        if item.anchor_item_id is not None or item.placement == "with":
            request.whole.append(keys[item.id])
    conflicts = [_anchor_missing(item) for item in manual if not _has_anchor(item, requests[item.request_id])]
    for item in manual:
        if item.placement != "with":
            _link(draft, item, keys[item.id], requests[item.request_id])
    _keep_order(draft, manual, keys)
    for item in manual:
        if item.placement == "with":
            _link_beside(draft, item, keys[item.id], requests[item.request_id])
    return conflicts


def _requests(blocks: Sequence[Block]) -> dict[int, _Request]:
    requests: dict[int, _Request] = {}
    for block in blocks:
        for item in block.wish.items:
            request = requests.setdefault(item.request_id, _Request())
            request.by_item[item.id] = block.keys
            # Two items of one request may ask for the same step.
            request.whole.extend(key for key in block.keys if key not in request.whole)
    return requests


def _step(item: ItemIn, components: Mapping[int, ComponentIn]) -> StepOut:
    component = components.get(item.component_id) if item.component_id is not None else None
    team_id = item.team_id if item.team_id is not None else (component.team_id if component else None)
    whys = _WHYS_BY_REQUEST if item.anchor_item_id is None else _WHYS_BY_ITEM
    return StepOut(
        key=f"request-{item.request_number}.manual-{item.position}",
        title=manual_title(item),
        kind="manual",
        phase=_PHASE_OF[item.placement],
        instructions=item.instructions,
        component_id=item.component_id,
        team_id=team_id,
        expected_seconds=item.expected_seconds,
        request_item_ids=(item.id,),
        why=_(whys[item.placement]) % {"number": item.request_number},
    )


def _rank(item: ItemIn, draft: Draft, requests: Mapping[int, _Request]) -> Rank:
    """Read a manual step beside what it belongs to: just before its first step, or behind its last."""
    request = requests.get(item.request_id, _Request())
    keys = request.by_item.get(item.anchor_item_id or 0) or request.whole
    ranks = [draft.ranks[key] for key in keys]
    if not ranks:
        return (len(draft.steps) + 1, 0, item.position, item.id)
    if item.placement == "after":
        return (max(ranks)[0], 99, item.position, item.id)
    return (min(ranks)[0], -1, item.position, item.id)


def _has_anchor(item: ItemIn, request: _Request) -> bool:
    return item.anchor_item_id is None or item.anchor_item_id in request.by_item


def _anchor(item: ItemIn, key: str, request: _Request) -> list[str]:
    steps = request.by_item.get(item.anchor_item_id or 0, request.whole)
    return [step for step in steps if step != key]


def _link(draft: Draft, item: ItemIn, key: str, request: _Request) -> None:
    anchor = _anchor(item, key, request)
    named = {"number": item.request_number, "step": manual_title(item)}
    if item.placement == "before":
        why = _("Request #%(number)d puts “%(step)s” before it.") % named
        draft.link([key], draft.first_of(anchor), why)
    else:
        why = _("Request #%(number)d puts “%(step)s” after it.") % named
        draft.link(draft.last_of(anchor), [key], why)


def _link_beside(draft: Draft, item: ItemIn, key: str, request: _Request) -> None:
    """Let the step begin when its anchor may begin."""
    first = draft.first_of(_anchor(item, key, request))
    before = [step for step in draft.predecessors_of(first) if step != key]
    why = _("Request #%(number)d puts this beside a step that waits for the same.")
    draft.link(before, [key], why % {"number": item.request_number})


def _keep_order(draft: Draft, manual: Sequence[ItemIn], keys: Mapping[int, str]) -> None:
    last: dict[tuple[int, int | None, str], ItemIn] = {}
    for item in manual:
        if item.placement == "with":
            continue
        place = (item.request_id, item.anchor_item_id, item.placement)
        if place in last:
            why = _("Request #%(number)d lists them in this order.") % {"number": item.request_number}
            draft.link([keys[last[place].id]], [keys[item.id]], why)
        last[place] = item


def _anchor_missing(item: ItemIn) -> Conflict:
    return Conflict(
        kind="anchor-missing",
        severity="warn",
        sentence=_(
            "“%(step)s” of request #%(number)d belongs to an item that is not in this plan; "
            "it now stands at the whole request."
        )
        % {"step": manual_title(item), "number": item.request_number},
        helps=_("Look at the request's items, or move the step in the plan."),
        request_ids=(item.request_id,),
    )
