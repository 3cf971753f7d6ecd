"""Features with their status per application, and words on them per environment."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from releaseorch.accounts.models import Person
from releaseorch.api.v1.base import (
    REPEATABLE,
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
from releaseorch.api.v1.reading import Named, PersonOut
from releaseorch.catalog.models import Application
from releaseorch.environments import signoffs
from releaseorch.environments.models import Environment, FeatureSignoff
from releaseorch.environments.signoffs import Standing
from releaseorch.environments.states import SignoffVerdict
from releaseorch.features import services
from releaseorch.features.models import Feature, FeatureInVersion, FeatureScope, Release
from releaseorch.features.states import FeatureStatus


class ScopeOut(serializers.ModelSerializer[FeatureScope]):
    application = serializers.SlugRelatedField[Any]("slug", read_only=True)
    version = serializers.IntegerField(source="row_version")

    class Meta:
        model = FeatureScope
        fields = ("application", "status", "version")


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
    version = serializers.IntegerField(source="row_version")

    class Meta:
        model = Feature
        fields = (
            "id",
            "version",
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


class SetStatus(Seen):
    """`version` is that of the feature's part in the application."""

    application = serializers.SlugRelatedField("slug", queryset=Application.objects.select_related("team"))
    status = serializers.ChoiceField(FeatureStatus.choices)
    reason = Text(required=False, default="", allow_blank=True)


def _application(**options: Any) -> Any:
    applications = Application.objects.select_related("team")
    return serializers.SlugRelatedField("slug", queryset=applications, **options)


def _person(**options: Any) -> Any:
    return serializers.SlugRelatedField("username", queryset=Person.objects.all(), allow_null=True, **options)


def _release(**options: Any) -> Any:
    return serializers.SlugRelatedField("name", queryset=Release.objects.all(), allow_null=True, **options)


class NewFeature(StrictSerializer):
    key = Line(max_length=60)
    title = Line(max_length=300)
    applications = _application(many=True)
    url = Line(max_length=1000, required=False, default="", allow_blank=True)
    owner = _person(required=False, default=None)
    tester = _person(required=False, default=None)


class FeatureEdit(Seen):
    title = Line(max_length=300, required=False)
    url = Line(max_length=1000, required=False, allow_blank=True)
    owner = _person(required=False)
    tester = _person(required=False)


class Touch(Seen):
    application = _application()


class TouchNoMore(SeenReasoned):
    application = _application()


class Move(SeenReasoned):
    source = _release(required=False, default=None)
    target = _release(required=False, default=None)


class SignOff(StrictSerializer):
    environment = serializers.SlugRelatedField("slug", queryset=Environment.objects.all())
    verdict = serializers.ChoiceField(SignoffVerdict.choices)
    reason = Text(required=False, default="", allow_blank=True)
    digest = Line(
        max_length=64, required=False, default="", allow_blank=True, help_text="Of what was looked at."
    )


class StandingOut(serializers.Serializer[Standing]):
    """A feature in an environment: what holds it there, and the newest word on it."""

    environment = serializers.CharField(source="environment.slug")
    versions = serializers.DictField(child=serializers.CharField())
    digest = serializers.CharField()
    is_whole = serializers.BooleanField()
    verdict = serializers.CharField(source="word.verdict", default=None, allow_null=True)
    person = serializers.CharField(source="word.person.username", default=None, allow_null=True)
    reason = serializers.CharField(source="word.reason", default="")
    at = serializers.DateTimeField(source="word.at", default=None, allow_null=True)
    is_outdated = serializers.BooleanField()


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
            body = self.taken(SetStatus)
            seen = body.pop("version", None)
            services.set_feature_status(actor=self.person, feature=feature, seen=seen, **body)
            return Response(FeatureOut(self.get_queryset().get(pk=feature.pk)).data)

        return self.once(change)

    @extend_schema(responses=StandingOut(many=True))
    @action(detail=True, url_path="standings", pagination_class=None, filterset_class=None)
    def standings(self, request: Request, pk: str) -> Response:
        """Where it can be tried, at which versions, and whether it was signed off there."""
        feature = get_object_or_404(Feature, pk=pk)
        found = signoffs.standings(feature, list(feature.scopes.all()))
        shown: list[Any] = [StandingOut(one).data for one in found]
        return Response(shown)

    def shown(self, changed: Feature | FeatureSignoff) -> Feature:
        feature_id = changed.feature_id if isinstance(changed, FeatureSignoff) else changed.pk
        return self.get_queryset().get(pk=feature_id)

    create = creation(services.create_feature, NewFeature, FeatureOut)
    partial_update = edition(services.edit_feature, FeatureEdit, FeatureOut, on="feature")
    add_application = verb("add_application", services.add_application, Touch, FeatureOut, on="feature")
    remove_application = verb(
        "remove_application", services.remove_application, TouchNoMore, FeatureOut, on="feature"
    )
    move = verb("move", services.move_feature, Move, FeatureOut, on="feature")
    sign_off = verb("sign_off", signoffs.sign_off_feature, SignOff, FeatureOut, on="feature")
