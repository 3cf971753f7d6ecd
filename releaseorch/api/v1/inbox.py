"""The caller's own inbox, and the switches for what comes into it."""

from typing import Any

from django.db.models import QuerySet
from django_filters import BooleanFilter, FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from releaseorch.api.v1.base import REPEATABLE, Nouns, StrictSerializer, verb
from releaseorch.notifications import queries, services
from releaseorch.notifications.kinds import Channel, Kind
from releaseorch.notifications.models import InboxEntry


class EntryOut(serializers.ModelSerializer[InboxEntry]):
    class Meta:
        model = InboxEntry
        fields = ("id", "at", "kind", "sentence", "why", "link", "subject_kind", "subject_id", "read_at")


class EntryFilter(FilterSet):
    unread = BooleanFilter(field_name="read_at", lookup_expr="isnull")

    class Meta:
        model = InboxEntry
        fields = ("kind", "unread")


class Until(StrictSerializer):
    until = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, help_text="The newest entry in sight: what came since stays unread."
    )


class HowMany(serializers.Serializer[Any]):
    read = serializers.IntegerField(help_text="How many were unread before.")


class SwitchIn(StrictSerializer):
    kind = serializers.ChoiceField(Kind.choices)
    channel = serializers.ChoiceField(Channel.choices)


class SwitchOut(serializers.Serializer[Any]):
    """`can_be_switched`: what is not is always on in the inbox, and never goes by mail."""

    kind = serializers.CharField()
    channel = serializers.CharField()
    is_on = serializers.BooleanField()
    can_be_switched = serializers.BooleanField()


class Switches(StrictSerializer):
    on = SwitchIn(many=True, help_text="These are on, all others off, but for those that can't be switched.")


class Inbox(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """What the caller was told, newest first; nobody reads the inbox of another."""

    scope = "inbox:write"
    serializer_class = EntryOut
    filterset_class = EntryFilter

    def get_queryset(self) -> QuerySet[InboxEntry]:
        return InboxEntry.objects.filter(person=self.request.user.pk, in_inbox=True)

    read = verb("read", services.read_entry, StrictSerializer, EntryOut, on="entry")

    @extend_schema(request=Until, responses=HowMany, parameters=[REPEATABLE])
    @action(detail=False, methods=["post"], url_path="read-all", pagination_class=None, filterset_class=None)
    def read_all(self, request: Request) -> Response:
        """All up to the entry that was the newest in sight count as read."""
        return self.once(
            lambda: Response({"read": services.read_all(actor=self.person, **self.taken(Until))})
        )

    @extend_schema(responses=SwitchOut(many=True))
    @action(detail=False, methods=["get"], pagination_class=None, filterset_class=None)
    def switches(self, request: Request) -> Response:
        """What the caller is told, and through which channel."""
        return Response(self._switches())

    @extend_schema(request=Switches, responses=SwitchOut(many=True), parameters=[REPEATABLE])
    @action(
        detail=False, methods=["post"], url_path="set-switches", pagination_class=None, filterset_class=None
    )
    def set_switches(self, request: Request) -> Response:
        """Choose what the caller is told, and through which channel."""

        def choose() -> Response:
            given = self.taken(Switches)["on"]
            services.set_switches(actor=self.person, on=[(one["kind"], one["channel"]) for one in given])
            return Response(self._switches())

        return self.once(choose)

    def _switches(self) -> list[dict[str, Any]]:
        rows = [
            {"kind": line.kind.value, "channel": one.channel.value, "is_on": one.is_on,
             "can_be_switched": one.can_be_switched}
            for line in queries.switches_of(self.person)
            for one in line.switches
        ]  # fmt: skip
        return list(SwitchOut(rows, many=True).data)
