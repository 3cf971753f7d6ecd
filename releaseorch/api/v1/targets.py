"""Servers, clusters and devices of environments, and which component runs on which."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from rest_framework import mixins, serializers

from releaseorch.api.v1.base import (
    AtMost,
    Id,
    Line,
    Nouns,
    Seen,
    SeenReasoned,
    StrictSerializer,
    creation,
    edition,
    verb,
)
from releaseorch.api.v1.reading import Named
from releaseorch.catalog.models import Component
from releaseorch.environments import services
from releaseorch.environments.models import Environment, Placement, Target


class TargetOut(serializers.ModelSerializer[Target]):
    environment = serializers.CharField(source="environment.slug")
    version = serializers.IntegerField(source="row_version")

    class Meta:
        model = Target
        fields = (
            "id",
            "environment",
            "name",
            "kind",
            "steps_at_once",
            "parameters",
            "retired_at",
            "retired_reason",
            "version",
        )


class NewTarget(StrictSerializer):
    environment = serializers.SlugRelatedField("slug", queryset=Environment.objects.all())
    name = Line()
    kind = Line(max_length=60, required=False, default="", allow_blank=True)
    steps_at_once = AtMost(default=None)
    parameters = serializers.DictField(child=Line(max_length=2000, allow_blank=True), default=dict)


class EditedTarget(Seen):
    name = Line(required=False)
    kind = Line(max_length=60, required=False, allow_blank=True)
    steps_at_once = AtMost(required=False)
    parameters = serializers.DictField(child=Line(max_length=2000, allow_blank=True), required=False)


class TargetFilter(django_filters.FilterSet):
    environment = django_filters.CharFilter(field_name="environment__slug")
    in_use = django_filters.BooleanFilter(
        field_name="retired_at", lookup_expr="isnull", label="Only those that are not retired"
    )

    class Meta:
        model = Target
        fields = ("environment", "in_use")


class Targets(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Servers, clusters or devices; a retired one keeps its history."""

    scope = "settings:write"
    serializer_class = TargetOut
    filterset_class = TargetFilter

    def get_queryset(self) -> QuerySet[Target]:
        return Target.objects.select_related("environment")

    create = creation(services.create_target, NewTarget, TargetOut)
    partial_update = edition(services.edit_target, EditedTarget, TargetOut, on="target")
    retire = verb("retire", services.retire_target, SeenReasoned, TargetOut, on="target")


class PlacementOut(serializers.ModelSerializer[Placement]):
    environment = serializers.CharField(source="environment.slug")
    component = Named()
    target = Named()
    version = serializers.IntegerField(source="row_version")

    class Meta:
        model = Placement
        fields = ("id", "environment", "component", "target", "order", "group", "version")


class NewPlacement(StrictSerializer):
    component = serializers.PrimaryKeyRelatedField(queryset=Component.objects.all(), pk_field=Id())
    target = serializers.PrimaryKeyRelatedField(
        queryset=Target.objects.select_related("environment"), pk_field=Id()
    )
    order = serializers.IntegerField(min_value=0, max_value=10_000, default=0)
    group = Line(max_length=60, required=False, default="", allow_blank=True)


class EditedPlacement(Seen):
    order = serializers.IntegerField(min_value=0, max_value=10_000, required=False)
    group = Line(max_length=60, required=False, allow_blank=True)


class PlacementFilter(django_filters.FilterSet):
    environment = django_filters.CharFilter(field_name="environment__slug")
    component = django_filters.NumberFilter(field_name="component_id", min_value=1, max_value=2**63 - 1)
    target = django_filters.NumberFilter(field_name="target_id", min_value=1, max_value=2**63 - 1)

    class Meta:
        model = Placement
        fields = ("environment", "component", "target")


class Placements(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Which component runs on which target, in which turn."""

    scope = "settings:write"
    serializer_class = PlacementOut
    filterset_class = PlacementFilter

    def get_queryset(self) -> QuerySet[Placement]:
        return Placement.objects.select_related("environment", "component", "target")

    def shown(self, changed: Any) -> Any:
        """As it was, when it was taken away."""
        return self.get_queryset().filter(pk=changed.pk).first() or changed

    create = creation(services.create_placement, NewPlacement, PlacementOut)
    partial_update = edition(services.edit_placement, EditedPlacement, PlacementOut, on="placement")
    remove = verb("remove", services.remove_placement, Seen, PlacementOut, on="placement")
