"""What keeps runs from starting: environments kept by somebody, and freezes."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import mixins, serializers

from releaseorch.api.v1.base import Line, Nouns, Seen, SeenReasoned, StrictSerializer, creation, edition, verb
from releaseorch.api.v1.reading import Named, PersonOut
from releaseorch.catalog.models import Application
from releaseorch.environments import services
from releaseorch.environments.models import Environment, Freeze, Reservation


class ReservationOut(serializers.ModelSerializer[Reservation]):
    environment = serializers.CharField(source="environment.slug")
    application = Named(allow_null=True)
    owner = PersonOut()
    version = serializers.IntegerField(source="row_version")

    class Meta:
        model = Reservation
        fields = (
            "id",
            "environment",
            "application",
            "owner",
            "reason",
            "starts_at",
            "expires_at",
            "released_at",
            "version",
        )


class NewReservation(StrictSerializer):
    environment = serializers.SlugRelatedField("slug", queryset=Environment.objects.all())
    application = serializers.SlugRelatedField(
        "slug", queryset=Application.objects.all(), required=False, allow_null=True, default=None
    )
    reason = Line(max_length=300)
    starts_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    expires_at = serializers.DateTimeField()


class Extension(Seen):
    expires_at = serializers.DateTimeField()


class Reservations(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Environments, or applications in them, kept by somebody."""

    scope = "requests:write"
    serializer_class = ReservationOut

    def get_queryset(self) -> QuerySet[Reservation]:
        return Reservation.objects.select_related("environment", "application", "owner")

    create = creation(services.create_reservation, NewReservation, ReservationOut)

    def shown(self, changed: Any) -> Any:
        return get_object_or_404(self.get_queryset(), pk=changed.pk)

    release = verb("release", services.release_reservation, Seen, ReservationOut, on="reservation")
    extend = verb("extend", services.extend_reservation, Extension, ReservationOut, on="reservation")


class FreezeOut(serializers.ModelSerializer[Freeze]):
    """Without `environment` or `application`: every one of them."""

    environment = serializers.CharField(source="environment.slug", default=None, allow_null=True)
    application = Named(allow_null=True)
    set_by = PersonOut()
    version = serializers.IntegerField(source="row_version")

    class Meta:
        model = Freeze
        fields = (
            "id", "environment", "application", "reason", "starts_at", "ends_at", "set_by", "lifted_at", "version",
        )  # fmt: skip


class NewFreeze(StrictSerializer):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    reason = Line(max_length=300)
    environment = serializers.SlugRelatedField(
        "slug", queryset=Environment.objects.all(), required=False, allow_null=True, default=None
    )
    application = serializers.SlugRelatedField(
        "slug", queryset=Application.objects.all(), required=False, allow_null=True, default=None
    )


class EditedFreeze(Seen):
    starts_at = serializers.DateTimeField(required=False)
    ends_at = serializers.DateTimeField(required=False)
    reason = Line(max_length=300, required=False)


class FreezeFilter(django_filters.FilterSet):
    environment = django_filters.CharFilter(field_name="environment__slug")
    application = django_filters.CharFilter(field_name="application__slug")

    class Meta:
        model = Freeze
        fields = ("environment", "application")


class Freezes(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Spans of time in which no run starts and no step of one begins."""

    scope = "runs:write"
    serializer_class = FreezeOut
    filterset_class = FreezeFilter

    def get_queryset(self) -> QuerySet[Freeze]:
        return Freeze.objects.select_related("environment", "application", "set_by")

    create = creation(services.create_freeze, NewFreeze, FreezeOut)
    partial_update = edition(services.edit_freeze, EditedFreeze, FreezeOut, on="freeze")

    def shown(self, changed: Any) -> Any:
        return get_object_or_404(self.get_queryset(), pk=changed.pk)

    lift = verb("lift", services.lift_freeze, SeenReasoned, FreezeOut, on="freeze")
