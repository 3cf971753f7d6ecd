"""The hold after a restore: while it is open no automated step begins."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers

from releaseorch.api.v1.base import Id, Nouns, SeenReasoned, verb
from releaseorch.api.v1.reading import Plain
from releaseorch.core.models import Hold
from releaseorch.runs import services
from releaseorch.runs.queries import after_restore


class HeldRun(serializers.Serializer[Any]):
    run = serializers.IntegerField()
    title = serializers.CharField()
    state = serializers.CharField()
    unsure_steps = serializers.ListField(child=serializers.IntegerField())
    to_come = serializers.IntegerField(help_text="Automated steps that would begin.")


class HoldOut(serializers.ModelSerializer[Hold]):
    evidence = Plain()
    runs = serializers.SerializerMethodField()
    version = serializers.IntegerField(source="row_version")

    class Meta:
        model = Hold
        fields = (
            "id", "is_open", "set_at", "reason", "evidence", "runs", "released_at", "released_by_name",
            "release_reason", "doubted_runs", "version",
        )  # fmt: skip

    @extend_schema_field(HeldRun(many=True))
    def get_runs(self, row: Hold) -> list[dict[str, Any]]:
        """Those that aren't over by what the backup knows; empty once it is released."""
        if not row.is_open:
            return []
        return [
            {
                "run": one.run.pk,
                "title": one.run.title,
                "state": one.run.state,
                "unsure_steps": [step.pk for step in one.unsure],
                "to_come": one.to_come,
            }
            for one in after_restore.open_runs(row)
        ]


class Release(SeenReasoned):
    untouched = serializers.ListField(
        child=Id(),
        required=False,
        default=list,
        max_length=500,
        help_text="Runs of which you made sure that nothing happened since the backup: their steps begin again. "
        "Each automated step of the others asks a person first.",
    )


class Holds(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Holds, the newest first: set when the database is older than what was done by it."""

    scope = "runs:write"
    serializer_class = HoldOut

    def get_queryset(self) -> QuerySet[Hold]:
        return Hold.objects.order_by("-pk")

    release = verb("release", services.release_hold, Release, HoldOut, on="hold")
