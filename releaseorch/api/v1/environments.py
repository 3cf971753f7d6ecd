"""Environments, and what is installed where, now and before."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from releaseorch.api.v1.base import (
    REPEATABLE,
    AtMost,
    Id,
    Line,
    Nouns,
    Seen,
    SeenReasoned,
    StrictSerializer,
    Text,
    creation,
    edition,
    verb,
)
from releaseorch.api.v1.reading import Named
from releaseorch.catalog.models import Component, ComponentVersion
from releaseorch.environments import inventory, services
from releaseorch.environments.models import Environment, Installation, Target

HIGHEST_RANK = 1000


class TargetOfEnvironment(serializers.ModelSerializer[Target]):
    class Meta:
        model = Target
        fields = ("id", "name", "kind", "steps_at_once")


class EnvironmentOut(serializers.ModelSerializer[Environment]):
    targets = serializers.SerializerMethodField()
    version = serializers.IntegerField(source="row_version")

    class Meta:
        model = Environment
        fields = (
            "id", "slug", "name", "rank", "is_protected", "confirm_within_minutes", "steps_at_once", "parameters",
            "targets", "retired_at", "retired_reason", "version",
        )  # fmt: skip

    @extend_schema_field(TargetOfEnvironment(many=True))
    def get_targets(self, environment: Environment) -> Any:
        """Those in use."""
        in_use = [one for one in environment.targets.all() if one.retired_at is None]
        return TargetOfEnvironment(in_use, many=True).data


class NewEnvironment(StrictSerializer):
    name = Line()
    rank = serializers.IntegerField(min_value=0, max_value=HIGHEST_RANK)
    is_protected = serializers.BooleanField(default=False)
    confirm_within_minutes = serializers.IntegerField(min_value=1, max_value=24 * 60, default=10)
    steps_at_once = AtMost(default=None)
    parameters = serializers.DictField(child=Line(max_length=2000, allow_blank=True), default=dict)


class EditedEnvironment(Seen):
    name = Line(required=False)
    rank = serializers.IntegerField(min_value=0, max_value=HIGHEST_RANK, required=False)
    is_protected = serializers.BooleanField(required=False)
    confirm_within_minutes = serializers.IntegerField(min_value=1, max_value=24 * 60, required=False)
    steps_at_once = AtMost(required=False)
    parameters = serializers.DictField(child=Line(max_length=2000, allow_blank=True), required=False)


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


class EnvironmentFilter(django_filters.FilterSet):
    in_use = django_filters.BooleanFilter(
        field_name="retired_at", lookup_expr="isnull", label="Only those that are not retired"
    )

    class Meta:
        model = Environment
        fields = ("in_use",)


class Environments(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Places to deploy to, in promotion order by `rank`; a retired one keeps its history."""

    scope = "settings:write"
    serializer_class = EnvironmentOut
    filterset_class = EnvironmentFilter

    def get_queryset(self) -> QuerySet[Environment]:
        return Environment.objects.prefetch_related("targets")

    def shown(self, changed: Any) -> Any:
        return get_object_or_404(self.get_queryset(), pk=changed.pk)

    create = creation(services.create_environment, NewEnvironment, EnvironmentOut)
    partial_update = edition(services.edit_environment, EditedEnvironment, EnvironmentOut, on="environment")
    retire = verb("retire", services.retire_environment, SeenReasoned, EnvironmentOut, on="environment")
    restore = verb("restore", services.restore_environment, SeenReasoned, EnvironmentOut, on="environment")


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
    seen = serializers.ListField(
        child=Id(), required=False, allow_null=True, default=None, max_length=1000,
        help_text="Ids of what the caller saw installed of the component in the environment, on all targets. "
        "Refused with 409 when it is something else now.",
    )  # fmt: skip

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
