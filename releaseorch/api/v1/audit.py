"""What happened, who did it, and whether the chain over it is unbroken."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from releaseorch.api.v1.base import Nouns
from releaseorch.api.v1.reading import Plain
from releaseorch.audit import seals
from releaseorch.audit.models import Event


class EventOut(serializers.ModelSerializer[Event]):
    before = Plain()
    after = Plain()
    seal = serializers.CharField(source="seal.hash", default=None, allow_null=True)

    class Meta:
        model = Event
        fields = (
            "id", "at", "actor_kind", "actor_id", "actor_name", "verb", "subject_kind", "subject_id", "subject_name",
            "before", "after", "reason", "seal",
        )  # fmt: skip


class ChainOut(serializers.Serializer[Any]):
    sealed = serializers.IntegerField()
    unsealed = serializers.IntegerField()
    is_unbroken = serializers.BooleanField()
    broken_at = serializers.IntegerField(allow_null=True)
    why = serializers.CharField()


class EventFilter(django_filters.FilterSet):
    since = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="gte")
    until = django_filters.IsoDateTimeFilter(field_name="at", lookup_expr="lt")

    class Meta:
        model = Event
        fields = ("verb", "subject_kind", "subject_id", "actor_id", "since", "until")


class Events(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Every verb that somebody did."""

    serializer_class = EventOut
    filterset_class = EventFilter

    def get_queryset(self) -> QuerySet[Event]:
        return Event.objects.select_related("seal")

    @extend_schema(responses=ChainOut, filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def chain(self, request: Request) -> Response:
        """Walk the whole chain of seals."""
        return Response(ChainOut(seals.verify()).data)
