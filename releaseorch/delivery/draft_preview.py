"""The plan of a request that is only typed in: downtime and point of no return are seen before it is filed."""

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from releaseorch.delivery import composing, plan_queries
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.models import RequestItem
from releaseorch.delivery.plan_views import PlanView
from releaseorch.environments.models import Environment


def preview_of(environment: Environment, drafts: Sequence[ItemDraft]) -> PlanView:
    """What a run of these lines alone would be now; nothing is written. About twelve queries."""
    items = [_item(place, draft) for place, draft in enumerate(drafts, start=1)]
    composition = composing.composition_of_items(environment, items)
    conflicts = tuple(replace(one, sentence=_without_number(one.sentence)) for one in composition.conflicts)
    return plan_queries.drawn(replace(composition, conflicts=conflicts))


def _without_number(sentence: str) -> str:
    """It has no number yet, so the sentences speak of this request."""
    return sentence.replace("request #0", _("this request"))


def _item(place: int, draft: ItemDraft) -> RequestItem:
    """A row that is never saved; its id is its place, so that a manual line finds its anchor."""
    return RequestItem(
        pk=place,
        request_id=0,
        position=place,
        kind=draft.kind,
        component=draft.component,
        version=draft.version,
        title=draft.title,
        instructions=draft.instructions,
        team=draft.team,
        placement=draft.placement,
        anchor_id=draft.anchor + 1 if draft.anchor is not None else None,
        expected_s=draft.expected_s,
    )
