"""Steps of runs: what is to be done, taken, done, decided; with attempts and logs."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from releaseorch.accounts.models import Person, Team
from releaseorch.api.v1.base import Id, Nouns, Seen, SeenReasoned, Text, verb
from releaseorch.api.v1.reading import ActionOut, Named, PersonOut, Plain, WaitOut
from releaseorch.catalog.models import ComponentVersion
from releaseorch.core.streams import parts_for
from releaseorch.delivery import origin_queries
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.environments import inventory
from releaseorch.environments.models import Installation
from releaseorch.runs import queries, rights, services
from releaseorch.runs.models import Attempt, Confirmation, Decision, Evidence, LateReport, Step
from releaseorch.runs.queries.places import places_waited_for
from releaseorch.runs.states import AttemptState, ConfirmationState, StepState
from releaseorch.waiting import ledger

ANSWERING = ("asked_by", "answered_by", "reviewed_by")


class StepOut(serializers.ModelSerializer[Step]):
    """A step in a list."""

    component = Named(allow_null=True)
    target = Named(allow_null=True)
    team = Named(allow_null=True)
    owner = PersonOut(allow_null=True)
    to_version = serializers.CharField(source="version.text", default=None, allow_null=True)
    version = serializers.IntegerField(source="row_version")

    class Meta:
        model = Step
        fields: tuple[str, ...] = (
            "id", "run_id", "number", "key", "title", "kind", "phase", "state", "executor", "component", "from_version",
            "to_version", "target", "installs", "team", "owner", "not_needed_because", "expected_s", "ready_at",
            "started_at", "ended_at", "version",
        )  # fmt: skip


class LateReportOut(serializers.Serializer[LateReport]):
    """What a worker said when its attempt was over already; it changed nothing."""

    state = serializers.ChoiceField(choices=AttemptState.choices)
    reason = serializers.CharField()
    exit_code = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField()


class AttemptOut(serializers.ModelSerializer[Attempt]):
    person = PersonOut(allow_null=True)
    outputs = Plain()
    late_report = LateReportOut(source="late", allow_null=True)

    class Meta:
        model = Attempt
        fields = (
            "id", "number", "state", "person", "started_at", "ended_at", "effect_started_at", "heartbeat_at",
            "cancel_asked_at", "host", "boot_id", "pid", "external_id", "exit_code", "reason", "outputs", "late_report",
        )  # fmt: skip

    def to_representation(self, attempt: Attempt) -> dict[str, Any]:
        """What was said or handed over is as closed as the log; the attempt's step needs no query of its own."""
        shown: dict[str, Any] = super().to_representation(attempt)
        if rights.why_not_read(self.context["request"].user, attempt.step):
            shown.update(external_id="", reason="", outputs={})
            if shown["late_report"]:
                shown["late_report"]["reason"] = ""
        return shown


class ConfirmationOut(serializers.ModelSerializer[Confirmation]):
    """What a second person was asked before something of unknown outcome was tried again, and what they said."""

    asked_by = PersonOut()
    answered_by = PersonOut(allow_null=True)
    reviewed_by = PersonOut(allow_null=True)

    class Meta:
        model = Confirmation
        fields = (
            "state", "from_here", "asked_by", "asked_at", "reason", "until", "answered_by", "answered_at", "answer",
            "reviewed_by", "reviewed_at", "review_note",
        )  # fmt: skip


class DecisionOut(serializers.ModelSerializer[Decision]):
    actor = PersonOut()
    confirmation = ConfirmationOut(allow_null=True)

    class Meta:
        model = Decision
        fields = ("kind", "reason", "actor", "at", "confirmation")


class EvidenceOut(serializers.ModelSerializer[Evidence]):
    person = PersonOut()

    class Meta:
        model = Evidence
        fields = ("note", "url", "file_name", "person", "at")


class AskedForOut(serializers.ModelSerializer[DeploymentRequest]):
    requester = PersonOut()

    class Meta:
        model = DeploymentRequest
        fields = ("id", "requester")


class InstalledOut(serializers.ModelSerializer[Installation]):
    """What is there as far as is known: `version`, or `uncertain_with` if that isn't empty; nobody knows which."""

    version = serializers.CharField(source="version.text", default=None, allow_null=True)
    uncertain_with = serializers.CharField(source="uncertain_with.text", default=None, allow_null=True)

    class Meta:
        model = Installation
        fields = ("version", "uncertain_with", "since")


class ToDecideOut(serializers.Serializer[Any]):
    """What whoever decides must know besides the attempts."""

    last_lines = serializers.CharField(
        help_text="The end of the last attempt's log; empty where it is closed."
    )
    stands_still = serializers.IntegerField(help_text="How many steps wait for this one.")
    requests = AskedForOut(many=True, help_text="For which requests the step is, and who asked for them.")
    installed = InstalledOut(allow_null=True)


class StepAtWork(serializers.ModelSerializer[Step]):
    class Meta:
        model = Step
        fields = ("id", "run_id", "number", "title")


class LimitedPlaceOut(serializers.Serializer[Any]):
    """A limit all of whose places are taken, and by which steps."""

    kind = serializers.CharField(source="limit.kind", help_text="environment, run, target or connection")
    id = serializers.IntegerField(source="limit.id")
    name = serializers.CharField(source="limit.name")
    at_most = serializers.IntegerField(source="limit.at_most")
    steps = StepAtWork(many=True)


class StepDetailOut(StepOut):
    """A step with its attempts, decisions, evidence, and what the caller may do."""

    retry_policy = Plain()
    decision_rules = Plain()
    attempts = AttemptOut(many=True)
    decisions = DecisionOut(many=True)
    confirmations = ConfirmationOut(many=True)
    evidence = serializers.SerializerMethodField()
    closed = serializers.SerializerMethodField(
        help_text="Why evidence, logs and what attempts say are not shown to the caller, else empty."
    )
    waits_for = serializers.SerializerMethodField()
    waits_for_places = serializers.SerializerMethodField()
    to_decide = serializers.SerializerMethodField(help_text="Null unless the step needs a decision.")
    actions = serializers.SerializerMethodField()

    class Meta(StepOut.Meta):
        fields: tuple[str, ...] = (
            *StepOut.Meta.fields, "instructions", "retry_policy", "decision_rules", "retries", "not_before", "attempts",
            "decisions", "confirmations", "evidence", "closed", "waits_for", "waits_for_places", "to_decide", "actions",
        )  # fmt: skip

    @extend_schema_field(EvidenceOut(many=True))
    def get_evidence(self, step: Step) -> Any:
        return [] if self.get_closed(step) else EvidenceOut(step.evidence.all(), many=True).data

    def get_closed(self, step: Step) -> str:
        return rights.why_not_read(self.context["request"].user, step)

    @extend_schema_field(WaitOut(allow_null=True))
    def get_waits_for(self, step: Step) -> Any:
        wait = ledger.open_waits("step", [step.pk]).get(step.pk)
        return WaitOut(wait).data if wait else None

    @extend_schema_field(LimitedPlaceOut(many=True))
    def get_waits_for_places(self, step: Step) -> Any:
        return LimitedPlaceOut(places_waited_for(step), many=True).data

    @extend_schema_field(ToDecideOut(allow_null=True))
    def get_to_decide(self, step: Step) -> Any:
        if step.state != StepState.NEEDS_DECISION:
            return None
        known = queries.decision_evidence(step)
        there = inventory.current([step.run.environment_id], [step.component_id] if step.component_id else [])
        found = {
            "last_lines": "" if self.get_closed(step) else known.last_lines,
            "stands_still": known.stands_still,
            "requests": origin_queries.requests_behind([step.pk]).get(step.pk, []),
            "installed": next((row for row in there if row.target_id == step.target_id), None),
        }
        return ToDecideOut(found).data

    @extend_schema_field(ActionOut(many=True))
    def get_actions(self, step: Step) -> Any:
        return ActionOut(queries.step_actions(step, self.context["request"].user), many=True).data


class Reassign(SeenReasoned):
    to = serializers.SlugRelatedField(
        "username",
        queryset=Person.objects.filter(is_active=True),
        required=False,
        allow_null=True,
        default=None,
    )
    team = serializers.SlugRelatedField(
        "slug", queryset=Team.objects.all(), required=False, allow_null=True, default=None
    )


class There(serializers.PrimaryKeyRelatedField[ComponentVersion]):
    """The version that is there now, where it isn't the planned one."""

    def __init__(self) -> None:
        super().__init__(
            queryset=ComponentVersion.objects.all(), pk_field=Id(), required=False, allow_null=True, default=None,
            help_text="The version that is there now; without it the planned one.",
        )  # fmt: skip


class Failed(Seen):
    note = Text(help_text="What happened.")
    url = serializers.URLField(max_length=1000, required=False, default="", allow_blank=True)


class Done(Seen):
    note = Text(help_text="What was done, and how it is known that it worked.")
    url = serializers.URLField(max_length=1000, required=False, default="", allow_blank=True)
    installed = There()


class MarkDone(SeenReasoned):
    note = Text(required=False, default="", allow_blank=True)
    installed = There()


class StepFilter(django_filters.FilterSet):
    run = django_filters.NumberFilter(field_name="run_id", min_value=1, max_value=2**63 - 1)
    state = django_filters.MultipleChoiceFilter(choices=StepState.choices)
    team = django_filters.CharFilter(field_name="team__slug")
    confirmation = django_filters.ChoiceFilter(
        field_name="confirmations__state", choices=ConfirmationState.choices, distinct=True,
        label="`asked`: a second person is; `alone`: decided alone, and nobody has reviewed it yet",
    )  # fmt: skip

    class Meta:
        model = Step
        fields = ("run", "state", "team", "kind")


class Steps(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Units of work in runs."""

    scope = "steps:write"
    filterset_class = StepFilter

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return StepOut if self.action == "list" else StepDetailOut

    def get_queryset(self) -> QuerySet[Step]:
        rows = Step.objects.select_related(
            "run__environment", "component__application__team", "version", "target", "team", "owner"
        )
        if self.action == "list":
            return rows
        return rows.prefetch_related(
            "attempts__person", "decisions__actor", "evidence__person",
            *(f"{at}__{who}" for at in ("decisions__confirmation", "confirmations") for who in ANSWERING),
        )  # fmt: skip

    def shown(self, changed: Any) -> Any:
        return self.get_queryset().get(pk=changed.pk)

    take = verb("take", services.take_step, Seen, StepDetailOut, on="step")
    hand_back = verb("hand_back", services.hand_back_step, SeenReasoned, StepDetailOut, on="step")
    reassign = verb("reassign", services.reassign_step, Reassign, StepDetailOut, on="step")

    done = verb("done", services.done_step, Done, StepDetailOut, on="step")
    failed = verb("failed", services.failed_step, Failed, StepDetailOut, on="step")
    retry = verb("retry", services.retry_step, SeenReasoned, StepDetailOut, on="step")
    retry_from = verb("retry_from", services.retry_from_step, SeenReasoned, StepDetailOut, on="step")
    skip = verb("skip", services.skip_step, SeenReasoned, StepDetailOut, on="step")
    confirm = verb("confirm", services.confirm_step, SeenReasoned, StepDetailOut, on="step")
    decline = verb("decline", services.decline_step, SeenReasoned, StepDetailOut, on="step")
    review = verb("review", services.review_step, SeenReasoned, StepDetailOut, on="step")
    take_over = verb("take_over", services.take_over_step, SeenReasoned, StepDetailOut, on="step")
    mark_done = verb("mark_done", services.mark_done_step, MarkDone, StepDetailOut, on="step")
    mark_failed = verb("mark_failed", services.mark_failed_step, SeenReasoned, StepDetailOut, on="step")


class Attempts(mixins.RetrieveModelMixin, Nouns):
    """Tries of steps, and their logs."""

    serializer_class = AttemptOut

    def get_queryset(self) -> QuerySet[Attempt]:
        return Attempt.objects.select_related(
            "person", "step__component__application__team", "step__run__environment"
        )

    @extend_schema(responses={(200, "text/plain"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def log(self, request: Request, pk: str) -> Any:
        """The whole log as it was stored, as a download; a line says where how much of a long one is missing."""
        attempt = self.get_object()
        rights.refuse(rights.why_not_read(self.person, attempt.step))
        parts = parts_for(request._request, queries.log_parts(attempt))
        answer = StreamingHttpResponse(parts, content_type="text/plain; charset=utf-8")
        answer["Content-Disposition"] = (
            f'attachment; filename="step-{attempt.step_id}-attempt-{attempt.number}.log"'
        )
        return answer
