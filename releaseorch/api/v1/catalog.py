"""Applications, components and versions; CI registers here what it built."""

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from releaseorch.api.v1.base import Id, Line, Nouns, Reasoned, StrictSerializer, verb
from releaseorch.api.v1.reading import Named, TeamOut
from releaseorch.catalog import services
from releaseorch.catalog.models import Application, Component, ComponentDependency, ComponentVersion
from releaseorch.features import services as features


class ApplicationOut(serializers.ModelSerializer[Application]):
    team = TeamOut()

    class Meta:
        model = Application
        fields = (
            "id",
            "slug",
            "name",
            "team",
            "contact",
            "criticality",
            "runbook_url",
            "is_restricted",
            "level",
            "tags",
        )


class DependencyOut(serializers.ModelSerializer[ComponentDependency]):
    needs = Named()

    class Meta:
        model = ComponentDependency
        fields = ("needs", "reason")


class ComponentOut(serializers.ModelSerializer[Component]):
    application = Named()
    procedure = Named(allow_null=True)
    dependencies = DependencyOut(many=True)

    class Meta:
        model = Component
        fields = ("id", "name", "kind", "application", "procedure", "dependencies")


class VersionOut(serializers.ModelSerializer[ComponentVersion]):
    component = Named()
    version = serializers.CharField(source="text")
    is_blocked = serializers.BooleanField()

    class Meta:
        model = ComponentVersion
        fields = (
            "id", "component", "version", "artifact_uri", "digest", "commit", "build_url", "built_at", "registered_at",
            "is_blocked", "blocked_reason",
        )  # fmt: skip


class ApplicationFilter(django_filters.FilterSet):
    team = django_filters.CharFilter(field_name="team__slug")

    class Meta:
        model = Application
        fields = ("team", "level")


class ComponentFilter(django_filters.FilterSet):
    application = django_filters.CharFilter(field_name="application__slug")

    class Meta:
        model = Component
        fields = ("application", "kind")


class VersionFilter(django_filters.FilterSet):
    component = django_filters.NumberFilter(field_name="component_id", min_value=1, max_value=2**63 - 1)
    version = django_filters.CharFilter(field_name="text")

    class Meta:
        model = ComponentVersion
        fields = ("component", "version", "digest", "commit")


class Applications(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Products owned by teams."""

    serializer_class = ApplicationOut
    filterset_class = ApplicationFilter

    def get_queryset(self) -> QuerySet[Application]:
        return Application.objects.select_related("team")


class Components(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Deployable parts of applications."""

    serializer_class = ComponentOut
    filterset_class = ComponentFilter

    def get_queryset(self) -> QuerySet[Component]:
        return Component.objects.select_related("application", "procedure").prefetch_related(
            "dependencies__needs"
        )


class NewVersion(StrictSerializer):
    component = Id(help_text="The component's id.")
    version = Line(max_length=150)
    artifact_uri = Line(max_length=1000, required=False, default="")
    digest = Line(required=False, default="")
    commit = Line(max_length=64, required=False, default="")
    build_url = serializers.URLField(max_length=1000, required=False, default="")
    built_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    features = serializers.ListField(
        child=Line(max_length=60),
        required=False,
        default=list,
        max_length=200,
        help_text="Keys of features it holds.",
    )


class Versions(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Immutable built artifacts of components."""

    scope = "versions:write"
    serializer_class = VersionOut
    filterset_class = VersionFilter

    def get_queryset(self) -> QuerySet[ComponentVersion]:
        return ComponentVersion.objects.select_related("component")

    @extend_schema(
        request=NewVersion,
        responses={
            200: VersionOut,
            201: VersionOut,
            409: OpenApiResponse(description="Known with another digest."),
        },
    )
    def create(self, request: Request) -> Response:
        """Register a version: 201 when it is new, 200 when it is known with the same digest."""

        def register() -> Response:
            body = self.taken(NewVersion)
            component = Component.objects.select_related("application").filter(pk=body["component"]).first()
            if component is None:
                raise serializers.ValidationError({"component": ["There is no such component."]})
            body["component"], body["text"] = component, body.pop("version")
            version, is_new = features.register_version_with_features(actor=self.person, **body)
            code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
            return Response(VersionOut(version).data, status=code)

        return self.once(register)

    block = verb("block", services.block_version, Reasoned, VersionOut, on="version")
    unblock = verb("unblock", services.unblock_version, Reasoned, VersionOut, on="version")
