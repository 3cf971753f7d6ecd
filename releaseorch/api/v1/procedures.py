"""Procedures: read as data and as YAML, written as YAML (which JSON is too)."""

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import mixins, serializers

from releaseorch.accounts.models import Person, Team
from releaseorch.api.v1.base import Nouns, Seen, StrictSerializer, creation, edition
from releaseorch.api.v1.reading import Plain
from releaseorch.catalog import procedure_text, services
from releaseorch.catalog.models import Procedure, ProcedureStep
from releaseorch.catalog.yaml_text import LONGEST


class ProcedureStepOut(serializers.ModelSerializer[ProcedureStep]):
    parameters = Plain()
    retry = Plain()
    decisions = Plain()
    after = serializers.ListField(child=serializers.CharField())
    team = serializers.SlugRelatedField[Team]("slug", read_only=True, allow_null=True)

    class Meta:
        model = ProcedureStep
        fields = (
            "key", "title", "phase", "kind", "executor", "connection", "parameters", "instructions", "after", "team",
            "per_target", "installs", "effect_class", "reversible", "downtime", "timeout_s", "silence_s",
            "decide_within_s", "expected_s", "retry", "decisions",
        )  # fmt: skip


class ProcedureOut(serializers.ModelSerializer[Procedure]):
    steps = ProcedureStepOut(many=True)
    text = serializers.SerializerMethodField()

    class Meta:
        model = Procedure
        fields = ("id", "name", "version", "created_at", "steps", "text")

    @extend_schema_field(serializers.CharField(help_text="The same as YAML."))
    def get_text(self, procedure: Procedure) -> str:
        return procedure_text.write(procedure, procedure.steps.all())


class NewProcedure(StrictSerializer):
    text = serializers.CharField(
        max_length=LONGEST, trim_whitespace=False,
        help_text="YAML or JSON in the form of /procedures/schema.json.",
    )  # fmt: skip


class ProcedureEdit(NewProcedure, Seen):
    version = serializers.IntegerField(
        required=False,
        min_value=1,
        help_text="The newest version you know; refused with 409 when there is a newer one.",
    )
    adopt = serializers.BooleanField(
        required=False, default=False, help_text="Components that use this version use the new one."
    )


class ProcedureFilter(django_filters.FilterSet):
    class Meta:
        model = Procedure
        fields = ("name", "version")


def create_procedure(*, actor: Person, text: str) -> Procedure:
    """Make a procedure of a name that isn't there yet."""
    draft = procedure_text.read(text)
    return services.create_procedure(actor=actor, name=draft.name, steps=draft.steps, is_new=True)


def edit_procedure(
    *, actor: Person, procedure: Procedure, text: str, seen: int | None = None, adopt: bool = False
) -> Procedure:
    """Make the next version; the answer shows that one. The same steps as in the newest: nothing is made."""
    draft = procedure_text.read_version(procedure, text)
    return services.edit_procedure(
        actor=actor, procedure=procedure, steps=draft.steps, seen=seen, adopt=adopt
    )


class Procedures(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """How components of a kind are deployed; a version never changes."""

    scope = "settings:write"
    serializer_class = ProcedureOut
    filterset_class = ProcedureFilter

    def get_queryset(self) -> QuerySet[Procedure]:
        return Procedure.objects.prefetch_related("steps__team")

    def shown(self, changed: Procedure) -> Procedure:
        return self.get_queryset().get(pk=changed.pk)

    create = creation(create_procedure, NewProcedure, ProcedureOut)
    partial_update = edition(edit_procedure, ProcedureEdit, ProcedureOut, on="procedure")
