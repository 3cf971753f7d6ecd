"""Releases: what they hold, when they close, and how they move on."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import mixins, serializers

from releaseorch.api.v1.base import Line, Nouns, Seen, SeenReasoned, StrictSerializer, creation, edition, verb
from releaseorch.api.v1.reading import Named
from releaseorch.catalog.models import Application
from releaseorch.features import services
from releaseorch.features.models import Feature, Release, ReleaseMilestone
from releaseorch.features.states import MilestoneKind


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


class NewRelease(StrictSerializer):
    name = Line()
    application = serializers.SlugRelatedField(
        "slug",
        queryset=Application.objects.select_related("team"),
        required=False,
        allow_null=True,
        default=None,
    )
    target_date = serializers.DateTimeField(required=False, allow_null=True, default=None)


class ReleaseEdit(Seen):
    name = Line(required=False)
    target_date = serializers.DateTimeField(required=False, allow_null=True)


class CutOffs(Seen):
    """The cut-offs are exactly these; what is left out or null there is none of."""

    filing = serializers.DateTimeField(required=False, allow_null=True, default=None)
    approval = serializers.DateTimeField(required=False, allow_null=True, default=None)
    plan = serializers.DateTimeField(required=False, allow_null=True, default=None)

    def to_internal_value(self, data: Any) -> Any:
        taken = super().to_internal_value(data)
        given = {kind: taken.pop(kind.value) for kind in MilestoneKind}
        return {**taken, "milestones": {kind: at for kind, at in given.items() if at is not None}}


class Lines(Seen):
    """The release holds exactly these features."""

    features = serializers.SlugRelatedField("key", queryset=Feature.objects.all(), many=True)


class Releases(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Named, dated sets of features."""

    scope = "runs:write"
    serializer_class = ReleaseOut

    def get_queryset(self) -> QuerySet[Release]:
        return Release.objects.select_related("application").prefetch_related("milestones", "features")

    def shown(self, changed: Release) -> Release:
        return self.get_queryset().get(pk=changed.pk)

    create = creation(services.create_release, NewRelease, ReleaseOut)
    partial_update = edition(services.edit_release, ReleaseEdit, ReleaseOut, on="release")
    set_cut_offs = verb("set_cut_offs", services.set_release_milestones, CutOffs, ReleaseOut, on="release")
    set_features = verb("set_features", services.set_release_features, Lines, ReleaseOut, on="release")
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
