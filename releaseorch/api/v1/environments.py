"""Environments, what is installed where (now and before), and who keeps what."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from releaseorch.api.v1.base import REPEATABLE, Empty, Id, Line, Nouns, StrictSerializer, Text, verb
from releaseorch.api.v1.reading import Named, PersonOut
from releaseorch.catalog.models import Application, Component, ComponentVersion
from releaseorch.environments import inventory, services
from releaseorch.environments.models import Environment, Installation, Reservation, Target


class TargetOut(serializers.ModelSerializer[Target]):
    class Meta:
        model = Target
        fields = ("id", "name", "kind")


class EnvironmentOut(serializers.ModelSerializer[Environment]):
    targets = TargetOut(many=True)

    class Meta:
        model = Environment
        fields = ("id", "slug", "name", "rank", "is_protected", "targets")


class InstallationOut(serializers.ModelSerializer[Installation]):
    """`uncertain_with`: nobody knows whether `version` or this one is there."""

    environment = serializers.CharField(source="environment.slug")
    application = serializers.CharField(source="component.application.slug")
    component = Named()
    target = Named(allow_null=True)
    version = serializers.CharField(source="version.text", default=None, allow_null=True)
    uncertain_with = serializers.CharField(source="uncertain_with.text", default=None, allow_null=True)

    class Meta:
        model = Installation
        fields = (
            "id", "environment", "application", "component", "target", "version", "uncertain_with", "since", "until",
            "source_kind", "source_id", "source_name",
        )  # fmt: skip


class ReservationOut(serializers.ModelSerializer[Reservation]):
    environment = serializers.CharField(source="environment.slug")
    application = Named(allow_null=True)
    owner = PersonOut()

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
        )


class InstallationFilter(django_filters.FilterSet):
    environment = django_filters.CharFilter(field_name="environment__slug")
    application = django_filters.CharFilter(field_name="component__application__slug")
    component = django_filters.NumberFilter(field_name="component_id", min_value=1, max_value=2**63 - 1)
    now = django_filters.BooleanFilter(
        field_name="until", lookup_expr="isnull", label="Only what is there now"
    )

    class Meta:
        model = Installation
        fields = ("environment", "application", "component", "now")


class Environments(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Places to deploy to, in promotion order by `rank`."""

    serializer_class = EnvironmentOut

    def get_queryset(self) -> QuerySet[Environment]:
        return Environment.objects.prefetch_related("targets")


class Confirm(StrictSerializer):
    component = serializers.PrimaryKeyRelatedField(
        queryset=Component.objects.select_related("application"), pk_field=Id()
    )
    environment = serializers.SlugRelatedField("slug", queryset=Environment.objects.all())
    target = serializers.PrimaryKeyRelatedField(
        queryset=Target.objects.all(), pk_field=Id(), required=False, allow_null=True, default=None
    )
    version = serializers.PrimaryKeyRelatedField(
        queryset=ComponentVersion.objects.all(),
        pk_field=Id(),
        allow_null=True,
        help_text="null: nothing is there.",
    )
    reason = Text(min_length=3)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        target = given["target"]
        if target is not None and target.environment_id != given["environment"].pk:
            raise serializers.ValidationError({"target": [_("This environment has no such target.")]})
        return given


class Inventory(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Which version is installed where; closed rows are the history."""

    scope = "steps:write"
    serializer_class = InstallationOut
    filterset_class = InstallationFilter

    def get_queryset(self) -> QuerySet[Installation]:
        return Installation.objects.select_related(
            "environment", "component__application", "target", "version", "uncertain_with"
        )

    @extend_schema(request=Confirm, responses={200: InstallationOut, 204: None}, parameters=[REPEATABLE])
    @action(detail=False, methods=["post"], pagination_class=None)
    def confirm(self, request: Request) -> Response:
        """Say what is there now: that ends every doubt about this place. 204 when nothing is there."""

        def say() -> Response:
            row = inventory.confirm(actor=self.person, **self.taken(Confirm))
            if row is None:
                return Response(status=status.HTTP_204_NO_CONTENT)
            return Response(InstallationOut(row).data)

        return self.once(say)


class NewReservation(StrictSerializer):
    environment = serializers.SlugRelatedField("slug", queryset=Environment.objects.all())
    application = serializers.SlugRelatedField(
        "slug", queryset=Application.objects.all(), required=False, allow_null=True, default=None
    )
    reason = Line(max_length=300)
    starts_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    expires_at = serializers.DateTimeField()


class Reservations(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Environments, or applications in them, kept by somebody."""

    scope = "requests:write"
    serializer_class = ReservationOut

    def get_queryset(self) -> QuerySet[Reservation]:
        return Reservation.objects.select_related("environment", "application", "owner")

    @extend_schema(request=NewReservation, responses={201: ReservationOut}, parameters=[REPEATABLE])
    def create(self, request: Request) -> Response:
        """Keep an environment, or one application in it, until a moment."""

        def keep() -> Response:
            made = services.create_reservation(actor=self.person, **self.taken(NewReservation))
            return Response(ReservationOut(made).data, status=status.HTTP_201_CREATED)

        return self.once(keep)

    def shown(self, changed: Any) -> Any:
        return get_object_or_404(self.get_queryset(), pk=changed.pk)

    release = verb("release", services.release_reservation, Empty, ReservationOut, on="reservation")
