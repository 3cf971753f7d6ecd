"""Features with their status per application, and releases."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from releaseorch.api.v1.base import REPEATABLE, Nouns, Seen, SeenReasoned, StrictSerializer, Text, verb
from releaseorch.api.v1.reading import Named, PersonOut
from releaseorch.catalog.models import Application
from releaseorch.features import services
from releaseorch.features.models import Feature, FeatureInVersion, FeatureScope, Release, ReleaseMilestone
from releaseorch.features.states import FeatureStatus


class ScopeOut(serializers.ModelSerializer[FeatureScope]):
    application = serializers.SlugRelatedField[Any]("slug", read_only=True)

    class Meta:
        model = FeatureScope
        fields = ("application", "status")


class HeldOut(serializers.ModelSerializer[FeatureInVersion]):
    component = serializers.CharField(source="version.component.name")
    version = serializers.CharField(source="version.text")

    class Meta:
        model = FeatureInVersion
        fields = ("version_id", "component", "version")


class FeatureOut(serializers.ModelSerializer[Feature]):
    owner = PersonOut(allow_null=True)
    tester = PersonOut(allow_null=True)
    scopes = ScopeOut(many=True)
    held_by = HeldOut(many=True)
    releases = Named(many=True)

    class Meta:
        model = Feature
        fields = (
            "id",
            "key",
            "title",
            "url",
            "source",
            "owner",
            "tester",
            "created_at",
            "scopes",
            "held_by",
            "releases",
        )


class MilestoneOut(serializers.ModelSerializer[ReleaseMilestone]):
    class Meta:
        model = ReleaseMilestone
        fields = ("kind", "at")


class ReleaseOut(serializers.ModelSerializer[Release]):
    application = Named(allow_null=True)
    milestones = MilestoneOut(many=True)
    features = serializers.SlugRelatedField[Any]("key", many=True, read_only=True)
    version = serializers.IntegerField(source="row_version")

    class Meta:
        model = Release
        fields = ("id", "name", "application", "state", "target_date", "milestones", "features", "version")


class SetStatus(StrictSerializer):
    application = serializers.SlugRelatedField("slug", queryset=Application.objects.select_related("team"))
    status = serializers.ChoiceField(FeatureStatus.choices)
    reason = Text(required=False, default="", allow_blank=True)


class FeatureFilter(django_filters.FilterSet):
    key = django_filters.CharFilter()
    application = django_filters.CharFilter(field_name="scopes__application__slug")
    release = django_filters.CharFilter(field_name="releases__name")

    class Meta:
        model = Feature
        fields = ("key", "application", "release")


class Features(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Units of functionality that were asked for."""

    scope = "requests:write"
    serializer_class = FeatureOut
    filterset_class = FeatureFilter

    def get_queryset(self) -> QuerySet[Feature]:
        return (
            Feature.objects.select_related("owner", "tester")
            .prefetch_related("scopes__application", "held_by__version__component", "releases")
            .distinct()
        )

    @extend_schema(request=SetStatus, responses=FeatureOut, parameters=[REPEATABLE])
    @action(detail=True, methods=["post"], url_path="set-status")
    def set_status(self, request: Request, pk: str) -> Response:
        """Say where the feature stands in one application."""

        def change() -> Response:
            feature = get_object_or_404(Feature, pk=pk)
            services.set_feature_status(actor=self.person, feature=feature, **self.taken(SetStatus))
            return Response(FeatureOut(self.get_queryset().get(pk=feature.pk)).data)

        return self.once(change)


class Releases(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Named, dated sets of features."""

    scope = "runs:write"
    serializer_class = ReleaseOut

    def get_queryset(self) -> QuerySet[Release]:
        return Release.objects.select_related("application").prefetch_related("milestones", "features")

    def shown(self, changed: Release) -> Release:
        return self.get_queryset().get(pk=changed.pk)

    lock = verb("lock", services.lock_release, Seen, ReleaseOut, on="release")
    begin = verb("begin", services.begin_release, Seen, ReleaseOut, on="release")
    complete = verb("complete", services.complete_release, Seen, ReleaseOut, on="release")
    complete_with_exceptions = verb(
        "complete_with_exceptions",
        services.complete_release_with_exceptions,
        SeenReasoned,
        ReleaseOut,
        on="release",
    )
    abandon = verb("abandon", services.abandon_release, SeenReasoned, ReleaseOut, on="release")
