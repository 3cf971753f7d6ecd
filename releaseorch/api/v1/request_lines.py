"""The lines of a request one by one: add, remove, move."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from releaseorch.api.v1.base import REPEATABLE, Id, Line, Nouns, Seen, StrictSerializer, Text
from releaseorch.core.errors import Conflict
from releaseorch.delivery import services
from releaseorch.delivery.drafts import items_from
from releaseorch.delivery.models import DeploymentRequest, RequestItem
from releaseorch.delivery.states import ItemKind, ItemPlacement


class ItemIn(StrictSerializer):
    kind = serializers.ChoiceField(ItemKind.choices, default=ItemKind.DEPLOY)
    component_id = Id(required=False, allow_null=True)
    version_id = Id(required=False, allow_null=True)
    title = Line(required=False, default="", allow_blank=True)
    instructions = Text(required=False, default="", allow_blank=True)
    team_id = Id(required=False, allow_null=True)
    placement = serializers.ChoiceField(ItemPlacement.choices, default=ItemPlacement.AFTER)
    anchor = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=0,
        max_value=500,
        help_text="Index of the line it stands to.",
    )
    expected_s = serializers.IntegerField(required=False, default=600, min_value=1, max_value=7 * 24 * 3600)


class AddItem(ItemIn, Seen):
    position = serializers.IntegerField(
        required=False, min_value=1, max_value=500, help_text="Its place, counted from 1; left out: the end."
    )


class OneItem(Seen):
    item = Id(help_text="The id of the line.")


class MoveItem(OneItem):
    position = serializers.IntegerField(min_value=1, max_value=500, help_text="Its place, counted from 1.")


def line_of(request: DeploymentRequest, number: int) -> RequestItem:
    """The line with this id; one that is gone was there when the caller looked."""
    found = request.items.filter(pk=number).first()
    if found is None:
        raise Conflict(_("This line is no longer in the request. Look at how it stands now."))
    return found


class Lines(Nouns):
    """The verbs on single lines, for the viewset of requests; each answers with the whole request."""

    @extend_schema(request=AddItem, parameters=[REPEATABLE])
    @action(detail=True, methods=["post"], url_path="add-item")
    def add_item(self, request: Request, pk: str) -> Response:
        """Put a line into the request; what is approved changes with it, so approvals fall."""

        def add(found: DeploymentRequest, body: dict[str, Any]) -> None:
            seen, position = body.pop("version", None), body.pop("position", None)
            (item,) = items_from([body])
            services.add_item(actor=self.person, request=found, seen=seen, item=item, position=position)

        return self._with_lines(AddItem, add)

    @extend_schema(request=OneItem, parameters=[REPEATABLE])
    @action(detail=True, methods=["post"], url_path="remove-item")
    def remove_item(self, request: Request, pk: str) -> Response:
        """Take a line out of the request."""

        def remove(found: DeploymentRequest, body: dict[str, Any]) -> None:
            item = line_of(found, body["item"])
            services.remove_item(actor=self.person, request=found, seen=body.get("version"), item=item)

        return self._with_lines(OneItem, remove)

    @extend_schema(request=MoveItem, parameters=[REPEATABLE])
    @action(detail=True, methods=["post"], url_path="move-item")
    def move_item(self, request: Request, pk: str) -> Response:
        """Put a line at another place."""

        def move(found: DeploymentRequest, body: dict[str, Any]) -> None:
            item = line_of(found, body["item"])
            services.move_item(
                actor=self.person,
                request=found,
                seen=body.get("version"),
                item=item,
                position=body["position"],
            )

        return self._with_lines(MoveItem, move)

    def _with_lines(
        self,
        body: type[serializers.Serializer[Any]],
        change: Callable[[DeploymentRequest, dict[str, Any]], None],
    ) -> Response:
        def call() -> Response:
            taken = self.taken(body)
            found = self.get_object()
            change(found, taken)
            return Response(self.get_serializer(self.shown(found)).data)

        return self.once(call)
