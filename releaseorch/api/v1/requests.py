"""Deployment requests: file, edit, submit, decide."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from releaseorch.accounts.models import Person
from releaseorch.api.v1.base import (
    REPEATABLE,
    Line,
    Seen,
    SeenCommented,
    SeenReasoned,
    StrictSerializer,
    Text,
    verb,
)
from releaseorch.api.v1.reading import ActionOut, Named, PersonOut, WaitOut
from releaseorch.api.v1.request_lines import ItemIn, Lines
from releaseorch.catalog.models import Application
from releaseorch.delivery import request_actions, services
from releaseorch.delivery.drafts import RequestChanges, items_from
from releaseorch.delivery.models import Approval, DeploymentRequest, RequestFeature, RequestItem
from releaseorch.delivery.states import RequestState
from releaseorch.environments.models import Environment
from releaseorch.features.models import Feature, Release
from releaseorch.waiting import ledger


class ItemOut(serializers.ModelSerializer[RequestItem]):
    component = Named(allow_null=True)
    version = serializers.CharField(source="version.text", default=None, allow_null=True)
    team = Named(allow_null=True)

    class Meta:
        model = RequestItem
        fields = (
            "id", "position", "kind", "component", "version_id", "version", "title", "instructions", "team",
            "placement", "anchor_id", "expected_s",
        )  # fmt: skip


class FeatureRef(serializers.ModelSerializer[RequestFeature]):
    key = serializers.CharField(source="feature.key")
    title = serializers.CharField(source="feature.title")

    class Meta:
        model = RequestFeature
        fields = ("feature_id", "key", "title")


class ApprovalOut(serializers.ModelSerializer[Approval]):
    approver = PersonOut()

    class Meta:
        model = Approval
        fields = ("slot", "verdict", "approver", "digest", "round", "comment", "at")


class RequestOut(serializers.ModelSerializer[DeploymentRequest]):
    """A request in a list."""

    application = Named()
    environment = Named()
    release = Named(allow_null=True)
    requester = PersonOut()
    filed_by = PersonOut(allow_null=True)
    late_consent_by = serializers.SlugRelatedField[Any]("username", read_only=True)
    version = serializers.IntegerField(source="row_version")

    class Meta:
        model = DeploymentRequest
        fields: tuple[str, ...] = (
            "id", "title", "application", "environment", "release", "state", "revision", "content_digest", "requester",
            "filed_by", "filed_with", "wish_from", "wish_until", "run_id", "created_at", "submitted_at", "closed_at",
            "late_since", "late_consent_by", "version",
        )  # fmt: skip


class RequestDetailOut(RequestOut):
    """A request with its lines, approvals, what it waits for, and what the caller may do."""

    items = ItemOut(many=True)
    features = FeatureRef(many=True)
    approvals = ApprovalOut(many=True)
    waits_for = serializers.SerializerMethodField()
    actions = serializers.SerializerMethodField()

    class Meta(RequestOut.Meta):
        fields: tuple[str, ...] = (
            *RequestOut.Meta.fields, "note", "last_reason", "items", "features", "approvals", "waits_for", "actions",
        )  # fmt: skip

    @extend_schema_field(WaitOut(allow_null=True))
    def get_waits_for(self, request: DeploymentRequest) -> Any:
        wait = ledger.open_waits("request", [request.pk]).get(request.pk)
        return WaitOut(wait).data if wait else None

    @extend_schema_field(ActionOut(many=True))
    def get_actions(self, request: DeploymentRequest) -> Any:
        person = self.context["request"].user
        return ActionOut(request_actions.actions_for(request, person), many=True).data


class NewRequest(StrictSerializer):
    application = serializers.SlugRelatedField("slug", queryset=Application.objects.all())
    environment = serializers.SlugRelatedField("slug", queryset=Environment.objects.all())
    release = serializers.SlugRelatedField(
        "name", queryset=Release.objects.all(), required=False, allow_null=True
    )
    title = Line(required=False, default="", allow_blank=True)
    note = Text(required=False, default="", allow_blank=True)
    items = ItemIn(many=True, required=False, default=list)
    features = serializers.SlugRelatedField(
        "key",
        queryset=Feature.objects.all(),
        many=True,
        required=False,
        help_text="Left out: those of the release.",
    )
    wish_from = serializers.DateTimeField(required=False, allow_null=True)
    wish_until = serializers.DateTimeField(required=False, allow_null=True)
    on_behalf_of = serializers.SlugRelatedField(
        "username", queryset=Person.objects.filter(is_active=True), required=False, allow_null=True
    )


class RequestEdit(Seen):
    environment = serializers.SlugRelatedField("slug", queryset=Environment.objects.all(), required=False)
    release = serializers.SlugRelatedField(
        "name", queryset=Release.objects.all(), required=False, allow_null=True
    )
    title = Line(required=False, allow_blank=True)
    note = Text(required=False, allow_blank=True)
    items = ItemIn(many=True, required=False)
    features = serializers.SlugRelatedField("key", queryset=Feature.objects.all(), many=True, required=False)
    wish_from = serializers.DateTimeField(required=False, allow_null=True)
    wish_until = serializers.DateTimeField(required=False, allow_null=True)


class Approve(SeenCommented):
    slot = Line(required=False, allow_null=True, default=None, max_length=100)


class Comment(StrictSerializer):
    text = Text()


class RequestFilter(django_filters.FilterSet):
    application = django_filters.CharFilter(field_name="application__slug")
    environment = django_filters.CharFilter(field_name="environment__slug")
    release = django_filters.CharFilter(field_name="release__name")
    state = django_filters.MultipleChoiceFilter(choices=RequestState.choices)
    requester = django_filters.CharFilter(field_name="requester__username")
    run = django_filters.NumberFilter(field_name="run_id", min_value=1, max_value=2**63 - 1)

    class Meta:
        model = DeploymentRequest
        fields = ("application", "environment", "release", "state", "requester", "run")


class Requests(mixins.ListModelMixin, mixins.RetrieveModelMixin, Lines):
    """Wishes to change an environment."""

    scope = "requests:write"
    scopes = {"approve": "approve", "consent_late": "approve"}  # noqa: RUF012  (read by api.auth)
    filterset_class = RequestFilter

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return RequestOut if self.action == "list" else RequestDetailOut

    def get_queryset(self) -> QuerySet[DeploymentRequest]:
        rows = DeploymentRequest.objects.select_related(
            "application__team", "environment", "release", "requester", "filed_by", "late_consent_by", "run"
        )
        if self.action == "list":
            return rows
        return rows.prefetch_related(
            "items__component", "items__version", "items__team", "features__feature", "approvals__approver"
        )

    def shown(self, changed: Any) -> Any:
        return self.get_queryset().get(
            pk=changed.pk if isinstance(changed, DeploymentRequest) else changed.request_id
        )

    @extend_schema(request=NewRequest, responses={201: RequestDetailOut}, parameters=[REPEATABLE])
    def create(self, request: Request) -> Response:
        """File a draft; `submit` sends it into approval."""

        def file() -> Response:
            body = self.taken(NewRequest)
            body["items"] = items_from(body["items"])
            made = services.create_request(actor=self.person, **body)
            return Response(self._detail(made), status=status.HTTP_201_CREATED)

        return self.once(file)

    @extend_schema(request=RequestEdit, responses=RequestDetailOut, parameters=[REPEATABLE])
    def partial_update(self, request: Request, pk: str) -> Response:
        """Replace the parts that are given; changed content of an approved request makes its approvals fall."""

        def edit() -> Response:
            body = self.taken(RequestEdit)
            seen = body.pop("version", None)
            if "items" in body:
                body["items"] = items_from(body["items"])
            changed = services.edit_request(
                actor=self.person, request=self.get_object(), seen=seen, changes=RequestChanges(**body)
            )
            return Response(self._detail(changed))

        return self.once(edit)

    def _detail(self, request: DeploymentRequest) -> Any:
        return RequestDetailOut(self.shown(request), context=self.get_serializer_context()).data

    submit = verb("submit", services.submit_request, SeenCommented, RequestDetailOut, on="request")
    withdraw = verb("withdraw", services.withdraw_request, SeenReasoned, RequestDetailOut, on="request")
    approve = verb("approve", services.approve_request, Approve, RequestDetailOut, on="request")
    consent_late = verb(
        "consent_late", services.consent_late_request, SeenReasoned, RequestDetailOut, on="request"
    )
    send_back = verb("send_back", services.send_back_request, SeenReasoned, RequestDetailOut, on="request")
    reject = verb("reject", services.reject_request, SeenReasoned, RequestDetailOut, on="request")
    retry = verb("retry", services.retry_request, SeenReasoned, RequestDetailOut, on="request")
    comment = verb("comment", services.comment_request, Comment, RequestDetailOut, on="request")
