"""Applications, components and versions; CI registers here what it built."""

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from releaseorch.accounts.models import Team
from releaseorch.api.v1.base import (
    Id,
    Line,
    Nouns,
    Reasoned,
    Seen,
    SeenReasoned,
    StrictSerializer,
    Text,
    creation,
    edition,
    verb,
)
from releaseorch.api.v1.reading import Named, Plain, TeamOut
from releaseorch.catalog import services
from releaseorch.catalog.models import (
    Application,
    Component,
    ComponentDependency,
    ComponentVersion,
    Procedure,
)
from releaseorch.catalog.states import Level, Need
from releaseorch.features import services as features


class ApplicationOut(serializers.ModelSerializer[Application]):
    team = TeamOut()
    version = serializers.IntegerField(source="row_version")

    class Meta:
        model = Application
        fields = (
            "id",
            "slug",
            "name",
            "team",
            "contact",
            "on_call_note",
            "criticality",
            "runbook_url",
            "is_restricted",
            "level",
            "tags",
            "retired_at",
            "retired_reason",
            "version",
        )


class DependencyOut(serializers.ModelSerializer[ComponentDependency]):
    needs = Named()

    class Meta:
        model = ComponentDependency
        fields = ("needs", "reason")


class ComponentOut(serializers.ModelSerializer[Component]):
    application = Named()
    procedure = Named(allow_null=True)
    parameters = Plain()
    dependencies = DependencyOut(many=True)
    version = serializers.IntegerField(source="row_version")

    class Meta:
        model = Component
        fields = (
            "id", "name", "kind", "application", "procedure", "parameters", "dependencies", "retired_at",
            "retired_reason", "version",
        )  # fmt: skip


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


class ApplicationEdit(Seen):
    name = Line(required=False)
    team = serializers.SlugRelatedField("slug", queryset=Team.objects.filter(retired_at=None), required=False)
    contact = Line(required=False, allow_blank=True)
    on_call_note = Text(required=False, allow_blank=True)
    criticality = Line(max_length=40, required=False, allow_blank=True)
    runbook_url = Line(max_length=1000, required=False, allow_blank=True)
    is_restricted = serializers.BooleanField(required=False)
    level = serializers.ChoiceField(Level.choices, required=False)
    tags = serializers.ListField(child=Line(max_length=40), required=False, max_length=20)


class NewApplication(ApplicationEdit):
    name = Line()
    slug = serializers.SlugField(
        max_length=100, required=False, help_text="Its address; left out, it is made of the name."
    )
    team = serializers.SlugRelatedField("slug", queryset=Team.objects.filter(retired_at=None))
    version = None  # type: ignore[assignment]


class ComponentEdit(Seen):
    name = Line(required=False)
    kind = Line(max_length=60, required=False, allow_blank=True)
    procedure = serializers.PrimaryKeyRelatedField(
        queryset=Procedure.objects.all(), pk_field=Id(), required=False, allow_null=True
    )
    parameters = serializers.DictField(
        child=Text(allow_blank=True), required=False, help_text="Name → text, for ${name} in its procedure."
    )


class NewComponent(ComponentEdit):
    application = serializers.SlugRelatedField("slug", queryset=Application.objects.select_related("team"))
    name = Line()
    version = None  # type: ignore[assignment]


class Needed(StrictSerializer):
    needs = serializers.PrimaryKeyRelatedField(queryset=Component.objects.all(), pk_field=Id())


class NewNeed(Needed):
    reason = serializers.ChoiceField(Need.choices, required=False, default=Need.DEPLOY_BEFORE)


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

    scope = "settings:write"
    serializer_class = ApplicationOut
    filterset_class = ApplicationFilter

    def get_queryset(self) -> QuerySet[Application]:
        return Application.objects.select_related("team")

    create = creation(services.create_application, NewApplication, ApplicationOut)
    partial_update = edition(services.edit_application, ApplicationEdit, ApplicationOut, on="application")
    retire = verb("retire", services.retire_application, SeenReasoned, ApplicationOut, on="application")
    restore = verb("restore", services.restore_application, SeenReasoned, ApplicationOut, on="application")


class Components(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Deployable parts of applications."""

    scope = "settings:write"
    serializer_class = ComponentOut
    filterset_class = ComponentFilter

    def get_queryset(self) -> QuerySet[Component]:
        return Component.objects.select_related("application__team", "procedure").prefetch_related(
            "dependencies__needs"
        )

    def shown(self, changed: Component) -> Component:
        return self.get_queryset().get(pk=changed.pk)

    create = creation(services.create_component, NewComponent, ComponentOut)
    partial_update = edition(services.edit_component, ComponentEdit, ComponentOut, on="component")
    retire = verb("retire", services.retire_component, SeenReasoned, ComponentOut, on="component")
    restore = verb("restore", services.restore_component, SeenReasoned, ComponentOut, on="component")
    add_dependency = verb("add_dependency", services.add_dependency, NewNeed, ComponentOut, on="component")
    remove_dependency = verb(
        "remove_dependency", services.remove_dependency, Needed, ComponentOut, on="component"
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
                raise serializers.ValidationError({"component": [_("There is no such component.")]})
            body["component"], body["text"] = component, body.pop("version")
            version, is_new = features.register_version_with_features(actor=self.person, **body)
            code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
            return Response(VersionOut(version).data, status=code)

        return self.once(register)

    block = verb("block", services.block_version, Reasoned, VersionOut, on="version")
    unblock = verb("unblock", services.unblock_version, Reasoned, VersionOut, on="version")
