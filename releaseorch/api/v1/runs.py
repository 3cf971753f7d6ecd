"""Deployment runs: composed, edited, approved, started, steered."""

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

from releaseorch.accounts.models import Team
from releaseorch.api.v1.base import (
    REPEATABLE,
    AtMost,
    Id,
    Line,
    Nouns,
    Seen,
    SeenCommented,
    SeenMaybeReasoned,
    SeenReasoned,
    StrictSerializer,
    Text,
    verb,
)
from releaseorch.api.v1.reading import ActionOut, Named, PersonOut, Plain, WaitOut
from releaseorch.delivery import plan_changes, run_queries, services
from releaseorch.delivery.models import Approval, DeploymentRequest, PlanChange
from releaseorch.runs import services as runs
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from releaseorch.waiting import ledger


class RunOut(serializers.ModelSerializer[DeploymentRun]):
    """A run in a list."""

    environment = Named()
    composed_by = PersonOut()
    edited_by = PersonOut()
    version = serializers.IntegerField(source="row_version")

    class Meta:
        model = DeploymentRun
        fields: tuple[str, ...] = (
            "id", "title", "environment", "state", "plan_digest", "round", "composed_by", "edited_by", "created_at",
            "proposed_at", "window_from", "window_until", "begins_until", "is_to_finish", "held_up_since",
            "steps_at_once", "is_exclusive", "started_at", "ended_at", "version",
        )  # fmt: skip


class RunApprovalOut(serializers.ModelSerializer[Approval]):
    approver = PersonOut()

    class Meta:
        model = Approval
        fields = ("slot", "verdict", "approver", "digest", "round", "comment", "at")


class PlanChangeOut(serializers.ModelSerializer[PlanChange]):
    """A step that was added while the run was under way, and what others said to the changed plan."""

    content = Plain()
    proposed_by = PersonOut()
    closed_by = PersonOut(allow_null=True)

    class Meta:
        model = PlanChange
        fields = (
            "state", "round", "key", "title", "content", "before_digest", "digest", "reason", "proposed_by",
            "proposed_at", "closed_by", "closed_at", "answer",
        )  # fmt: skip


class RunDetailOut(RunOut):
    """A run with its requests, approvals, what it waits for, and what the caller may do; its steps are a list apart."""

    requests = serializers.SerializerMethodField()
    approvals = serializers.SerializerMethodField()
    plan_changes = serializers.SerializerMethodField()
    waits_for = serializers.SerializerMethodField()
    actions = serializers.SerializerMethodField()

    class Meta(RunOut.Meta):
        fields: tuple[str, ...] = (
            *RunOut.Meta.fields, "requests", "approvals", "plan_changes", "waits_for", "actions",
        )  # fmt: skip

    def get_requests(self, run: DeploymentRun) -> list[int]:
        return list(DeploymentRequest.objects.filter(run=run).order_by("id").values_list("id", flat=True))

    @extend_schema_field(RunApprovalOut(many=True))
    def get_approvals(self, run: DeploymentRun) -> Any:
        return RunApprovalOut(Approval.objects.filter(run=run).select_related("approver"), many=True).data

    @extend_schema_field(PlanChangeOut(many=True))
    def get_plan_changes(self, run: DeploymentRun) -> Any:
        return PlanChangeOut(plan_changes.changes_of(run), many=True).data

    @extend_schema_field(WaitOut(allow_null=True))
    def get_waits_for(self, run: DeploymentRun) -> Any:
        wait = ledger.open_waits("run", [run.pk]).get(run.pk)
        return WaitOut(wait).data if wait else None

    @extend_schema_field(ActionOut(many=True))
    def get_actions(self, run: DeploymentRun) -> Any:
        return ActionOut(run_queries.actions_for(run, self.context["request"].user), many=True).data


class NewRun(StrictSerializer):
    requests = serializers.ListField(child=Id(), min_length=1, max_length=500)
    title = Line(required=False, default="", allow_blank=True)
    window_from = serializers.DateTimeField(required=False, allow_null=True, default=None)
    window_until = serializers.DateTimeField(required=False, allow_null=True, default=None)


class RunEdit(Seen):
    title = Line(required=False)
    is_exclusive = serializers.BooleanField(
        required=False, help_text="No other run is under way in the environment meanwhile."
    )
    window_from = serializers.DateTimeField(required=False, allow_null=True)
    window_until = serializers.DateTimeField(required=False, allow_null=True)


class ApproveRun(SeenCommented):
    slot = Line(required=False, allow_null=True, default=None, max_length=100)


class Schedule(Seen):
    window_from = serializers.DateTimeField(required=False, allow_null=True, default=None)
    window_until = serializers.DateTimeField(required=False, allow_null=True, default=None)


class LimitRun(Seen):
    steps_at_once = AtMost(help_text="At most so many of its tools work at once; null: as many as there are.")


class TakeOut(SeenReasoned):
    request = Id(help_text="The request that is taken out.")


class AddRequest(Seen):
    requests = serializers.ListField(
        child=Id(), min_length=1, max_length=500, help_text="The requests to add."
    )


class RunComment(StrictSerializer):
    text = Text()


class Keys(serializers.ListField):
    child = Line()

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=200, required=False, default=list, **options)


class AddStep(SeenReasoned):
    title = Line(max_length=300)
    instructions = Text(required=False, default="", allow_blank=True)
    team = serializers.SlugRelatedField(
        "slug", queryset=Team.objects.all(), required=False, allow_null=True, default=None
    )
    before = Keys(help_text="Keys of steps that come after it.")
    after = Keys(help_text="Keys of steps that come before it.")
    expected_s = serializers.IntegerField(required=False, default=600, min_value=1, max_value=7 * 24 * 3600)


class FixForward(AddStep):
    """By hand, unless `like` or `executor` says otherwise."""

    like = Line(
        required=False, allow_null=True, default=None,
        help_text="Key of an automated step of this run: what it does by its procedure, once more.",
    )  # fmt: skip
    executor = Line(required=False, default="", allow_blank=True, max_length=40, help_text="A tool.")
    connection = Line(required=False, default="", allow_blank=True, max_length=100)
    parameters = serializers.DictField(required=False, default=dict, help_text="What the tool is told.")
    expected_s = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=7 * 24 * 3600
    )


class OneStep(SeenReasoned):
    step = Line(help_text="The key of the step.")


class EditStep(OneStep):
    title = Line(required=False, max_length=300)
    instructions = Text(required=False, allow_blank=True)
    parameters = serializers.DictField(required=False)
    team = serializers.SlugRelatedField("slug", queryset=Team.objects.all(), required=False, allow_null=True)
    expected_s = serializers.IntegerField(required=False, min_value=1, max_value=7 * 24 * 3600)


class MoveStep(OneStep):
    before = Keys()
    after = Keys()


class LinkSteps(SeenReasoned):
    before = Line(help_text="The key of the step that comes first.")
    after = Line(help_text="The key of the step that follows.")


class RunFilter(django_filters.FilterSet):
    environment = django_filters.CharFilter(field_name="environment__slug")
    state = django_filters.MultipleChoiceFilter(choices=RunState.choices)

    class Meta:
        model = DeploymentRun
        fields = ("environment", "state")


class Runs(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Approved requests of one environment, carried out in one go."""

    scope = "runs:write"
    scopes = {"approve": "approve", "approve_change": "approve"}  # noqa: RUF012  (read by api.auth)
    filterset_class = RunFilter

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return RunOut if self.action == "list" else RunDetailOut

    def get_queryset(self) -> QuerySet[DeploymentRun]:
        return DeploymentRun.objects.select_related("environment", "composed_by", "edited_by")

    def shown(self, changed: Any) -> Any:
        return self.get_queryset().get(
            pk=changed.pk if isinstance(changed, DeploymentRun) else changed.run_id
        )

    @extend_schema(request=NewRun, responses={201: RunDetailOut}, parameters=[REPEATABLE])
    def create(self, request: Request) -> Response:
        """Compose a run of approved requests; its plan is computed at once."""

        def compose() -> Response:
            body = self.taken(NewRun)
            body["requests"] = requests_of(body["requests"])
            made = services.compose_run(actor=self.person, **body)
            return Response(self._detail(made), status=status.HTTP_201_CREATED)

        return self.once(compose)

    @extend_schema(request=RunEdit, responses=RunDetailOut, parameters=[REPEATABLE])
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change title or window of a draft, or whether it demands the whole environment."""

        def edit() -> Response:
            body = self.taken(RunEdit)
            seen = body.pop("version", None)
            return Response(
                self._detail(services.edit_run(actor=self.person, run=self.get_object(), seen=seen, **body))
            )

        return self.once(edit)

    @extend_schema(request=AddRequest, responses=RunDetailOut, parameters=[REPEATABLE])
    @action(detail=True, methods=["post"], url_path="add-request")
    def add_request(self, request: Request, pk: str) -> Response:
        """Put approved requests into a draft; its plan is computed anew, edits that still apply are kept."""

        def add() -> Response:
            body = self.taken(AddRequest)
            run = self.get_object()
            services.add_request(
                actor=self.person, run=run, requests=requests_of(body["requests"]), seen=body.get("version")
            )
            return Response(self._detail(run))

        return self.once(add)

    @extend_schema(request=TakeOut, responses=RunDetailOut, parameters=[REPEATABLE])
    @action(detail=True, methods=["post"], url_path="take-out")
    def take_out(self, request: Request, pk: str) -> Response:
        """Take a request out of the run; what of it has started stays."""

        def take() -> Response:
            body = self.taken(TakeOut)
            run = self.get_object()
            held = get_object_or_404(
                DeploymentRequest.objects.select_related("application", "environment"), pk=body["request"]
            )
            services.take_out_request(
                actor=self.person, run=run, request=held, reason=body["reason"], seen=body.get("version")
            )
            return Response(self._detail(run))

        return self.once(take)

    @extend_schema(request=Seen, responses=RunDetailOut, parameters=[REPEATABLE])
    @action(detail=True, methods=["post"])
    def replan(self, request: Request, pk: str) -> Response:
        """Compute the plan again; edits that still apply are kept."""

        def again() -> Response:
            run = self.get_object()
            services.replan_run(actor=self.person, run=run, seen=self.taken(Seen).get("version"))
            return Response(self._detail(run))

        return self.once(again)

    def _detail(self, run: DeploymentRun) -> Any:
        return RunDetailOut(self.shown(run), context=self.get_serializer_context()).data

    add_step = verb("add_step", services.add_step, AddStep, RunDetailOut, on="run")
    remove_step = verb("remove_step", services.remove_step, OneStep, RunDetailOut, on="run")
    edit_step = verb("edit_step", services.edit_step, EditStep, RunDetailOut, on="run")
    move_step = verb("move_step", services.move_step, MoveStep, RunDetailOut, on="run")
    add_link = verb("add_link", services.add_link, LinkSteps, RunDetailOut, on="run")
    remove_link = verb("remove_link", services.remove_link, LinkSteps, RunDetailOut, on="run")
    propose = verb("propose", services.propose_run, Seen, RunDetailOut, on="run")
    approve = verb("approve", services.approve_run, ApproveRun, RunDetailOut, on="run")
    send_back = verb("send_back", services.send_back_run, SeenReasoned, RunDetailOut, on="run")
    reject = verb("reject", services.reject_run, SeenReasoned, RunDetailOut, on="run")
    unlock = verb("unlock", services.unlock_run, SeenReasoned, RunDetailOut, on="run")
    schedule = verb("schedule", services.schedule_run, Schedule, RunDetailOut, on="run")
    start = verb("start", runs.start_run, Seen, RunDetailOut, on="run")
    pause = verb("pause", runs.pause_run, SeenMaybeReasoned, RunDetailOut, on="run")
    resume = verb("resume", runs.resume_run, SeenMaybeReasoned, RunDetailOut, on="run")
    finish = verb("finish", runs.finish_run, SeenReasoned, RunDetailOut, on="run")
    limit = verb("limit", runs.limit_run, LimitRun, RunDetailOut, on="run")
    stop = verb("stop", runs.stop_run, SeenReasoned, RunDetailOut, on="run")
    cancel = verb("cancel", services.cancel_run, SeenReasoned, RunDetailOut, on="run")
    fix_forward = verb("fix_forward", services.fix_run_forward, FixForward, RunDetailOut, on="run")
    approve_change = verb("approve_change", services.approve_change, ApproveRun, RunDetailOut, on="run")
    decline_change = verb("decline_change", services.decline_change, SeenReasoned, RunDetailOut, on="run")
    withdraw_change = verb("withdraw_change", services.withdraw_change, SeenReasoned, RunDetailOut, on="run")
    comment = verb("comment", runs.comment_run, RunComment, RunDetailOut, on="run")


def requests_of(ids: list[int]) -> list[DeploymentRequest]:
    """The rows of these numbers; 422 naming the first that there isn't."""
    found = DeploymentRequest.objects.in_bulk(ids)
    missing = [number for number in ids if number not in found]
    if missing:
        there_is_none = _("There is no request #%(number)d.") % {"number": missing[0]}
        raise serializers.ValidationError({"requests": [there_is_none]})
    return list(found.values())
