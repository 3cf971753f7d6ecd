"""The lines of a request one by one: add, remove, move."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from releaseorch.accounts.models import Team
from releaseorch.catalog.models import ComponentVersion
from releaseorch.core.errors import Conflict, Invalid
from releaseorch.delivery import services
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.models import DeploymentRequest, RequestItem
from releaseorch.delivery.states import ItemKind, ItemPlacement
from releaseorch.web import filing_choices, inputs
from releaseorch.web.access import person_of
from releaseorch.web.views.requests import perform_on


@require_POST
def add_item(request: HttpRequest, pk: int) -> HttpResponse:
    """A version (its component follows), or without one a manual step."""
    return perform_on(request, pk, "add_item", gettext_lazy("Added."), lambda subject, seen: services.add_item(
        actor=person_of(request), request=subject, seen=seen, item=_item(request)))  # fmt: skip


def _item(request: HttpRequest) -> ItemDraft:
    posted = request.POST
    version_id = inputs.row_id(posted, "component_version")
    if version_id is None:
        placement = posted.get("placement") or ItemPlacement.AFTER.value
        if placement not in ItemPlacement.values:
            raise Invalid({"placement": _("Choose before, along with or after.")})
        return ItemDraft(
            kind=ItemKind.MANUAL,
            title=posted.get("title", ""),
            instructions=posted.get("instructions", ""),
            team=_team(request),
            placement=ItemPlacement(placement),
        )
    version = ComponentVersion.objects.select_related("component__application").filter(pk=version_id).first()
    if version is None:
        raise Invalid({"component_version": _("There is no such version.")})
    return ItemDraft(component=version.component, version=version)


def _team(request: HttpRequest) -> Team | None:
    typed = filing_choices.Typed(request.POST)
    team: Team | None = typed.row_of("team", Team.objects.all())
    filing_choices.refuse_unknown(typed.unknown)
    return team


@require_POST
def remove_item(request: HttpRequest, pk: int) -> HttpResponse:
    return perform_on(request, pk, "remove_item", gettext_lazy("Removed."), lambda subject, seen: services.remove_item(
        actor=person_of(request), request=subject, seen=seen, item=_row(request, subject)))  # fmt: skip


@require_POST
def move_item(request: HttpRequest, pk: int) -> HttpResponse:
    def move(subject: DeploymentRequest, seen: int | None) -> Any:
        position = inputs.row_id(request.POST, "position") or 1
        item = _row(request, subject)
        return services.move_item(
            actor=person_of(request), request=subject, seen=seen, item=item, position=position
        )

    return perform_on(request, pk, "move_item", gettext_lazy("Moved."), move)


def _row(request: HttpRequest, subject: DeploymentRequest) -> RequestItem:
    row = RequestItem.objects.filter(request=subject, pk=inputs.row_id(request.POST, "item") or 0).first()
    if row is None:
        raise Conflict(_("This line is no longer in the request. Look at how it stands now."))
    return row
