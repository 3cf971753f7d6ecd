"""A deployment request, its items, the features it is about, and what people say about it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django_fsm import FSMField

from releaseorch.accounts.models import Person, Team
from releaseorch.catalog.models import Application, Component, ComponentVersion
from releaseorch.core import clock, fields
from releaseorch.core.models import GuardedModel
from releaseorch.core.transitions import moves
from releaseorch.delivery.states import (
    REQUEST_EDITABLE,
    REQUEST_FINAL,
    REQUEST_MOVES,
    ItemKind,
    ItemPlacement,
    RequestState,
)
from releaseorch.environments.models import Environment
from releaseorch.features.models import Feature, Release
from releaseorch.runs.models import DeploymentRun


class DeploymentRequest(GuardedModel):
    """A developer's request to change an environment.

    draft → submitted → approved → planned → deploying → deployed | deployed_with_exceptions | failed
    submitted → sent_back → submitted (new revision)
    approved | planned → submitted (edited: approvals fall)
    planned → approved (taken out, or its run unlocked, refused or cancelled: approvals stay)
    deploying → approved (nothing of it had started when the run ended)
    failed → approved (try again in another run)
    before deploying: withdrawn | expired | superseded; submitted | sent_back | approved | planned → rejected
    failed → withdrawn

    `run` is set while an unfinished run holds it, from the draft of the run on, and stays after it was deployed.
    `content_digest` binds approvals to what would be deployed; title, note and wish are not part of it.
    """

    application = models.ForeignKey(Application, models.PROTECT, related_name="+")
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+")
    release = models.ForeignKey(Release, models.PROTECT, null=True, blank=True, related_name="+")
    title = fields.name(blank=True, default="")
    note = fields.text()
    requester = models.ForeignKey(Person, models.PROTECT, related_name="+")
    filed_by = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    filed_with = models.CharField(
        max_length=36, blank=True, default=""
    )  # the same for requests filed together
    state = FSMField(max_length=30, choices=RequestState.choices, default=RequestState.DRAFT, protected=True)
    revision = models.PositiveIntegerField(default=0)
    content_digest = models.CharField(max_length=64, blank=True, default="")
    wish_from = models.DateTimeField(null=True, blank=True)
    wish_until = models.DateTimeField(null=True, blank=True)
    run = models.ForeignKey(
        DeploymentRun, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=clock.now)
    submitted_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    late_since = models.DateTimeField(null=True, blank=True)  # filing had closed then when it was filed
    late_consent_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    last_reason = fields.text()  # why it was sent back, rejected, withdrawn, or failed

    audit_kind = "request"

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=RequestState.values), name="delivery_request_state"),
            models.CheckConstraint(
                condition=~Q(state__in=[RequestState.PLANNED, RequestState.DEPLOYING]) | Q(run__isnull=False),
                name="delivery_planned_has_run",
            ),
            models.CheckConstraint(
                condition=Q(wish_from=None) | Q(wish_until=None) | Q(wish_until__gt=models.F("wish_from")),
                name="delivery_wish_lasts",
            ),
            models.CheckConstraint(
                condition=Q(late_consent_by=None) | Q(late_since__isnull=False),
                name="delivery_consent_to_late",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["environment", "state", "-id"], name="delivery_request_board"),
            models.Index(fields=["release", "application"], name="delivery_request_release"),
            models.Index(fields=["requester", "-id"], name="delivery_request_mine"),
            models.Index(fields=["requester", "closed_at"], name="delivery_request_of_late"),
            models.Index(fields=["application", "-id"], name="delivery_request_app"),
            models.Index(fields=["state", "-id"], name="delivery_request_state_new"),
            models.Index(fields=["run", "state", "-id"], name="delivery_request_run_state"),
            # Most people file for themselves: an index of all rows would say nothing, and not be used.
            models.Index(
                fields=["filed_by"], condition=Q(filed_by__isnull=False), name="delivery_request_filed_by"
            ),
        ]

    def __str__(self) -> str:
        title = self.title or f"{self.application} → {self.environment}"
        return f"{title} #{self.pk}" if self.pk else title

    @property
    def is_editable(self) -> bool:
        return self.state in REQUEST_EDITABLE

    @property
    def is_final(self) -> bool:
        return self.state in REQUEST_FINAL

    @moves(REQUEST_MOVES, "submit")
    def submit(self) -> None:
        self.revision += 1
        self.submitted_at = clock.now()

    @moves(REQUEST_MOVES, "approve")
    def approve(self) -> None:
        pass

    @moves(REQUEST_MOVES, "send_back")
    def send_back(self) -> None:
        pass

    @moves(REQUEST_MOVES, "reopen")
    def reopen(self) -> None:
        self.revision += 1
        self.submitted_at = clock.now()
        self.run = None

    @moves(REQUEST_MOVES, "plan")
    def plan(self) -> None:
        pass

    @moves(REQUEST_MOVES, "unplan")
    def unplan(self) -> None:
        pass

    @moves(REQUEST_MOVES, "deploy")
    def deploy(self) -> None:
        pass

    @moves(REQUEST_MOVES, "complete")
    def complete(self) -> None:
        self.closed_at = clock.now()

    @moves(REQUEST_MOVES, "complete_with_exceptions")
    def complete_with_exceptions(self) -> None:
        self.closed_at = clock.now()

    @moves(REQUEST_MOVES, "fail")
    def fail(self) -> None:
        pass

    @moves(REQUEST_MOVES, "carry_over")
    def carry_over(self) -> None:
        self.run = None

    @moves(REQUEST_MOVES, "retry")
    def retry(self) -> None:
        self.run = None

    @moves(REQUEST_MOVES, "reject")
    def reject(self) -> None:
        self.closed_at = clock.now()

    @moves(REQUEST_MOVES, "withdraw")
    def withdraw(self) -> None:
        self.closed_at = clock.now()

    @moves(REQUEST_MOVES, "expire")
    def expire(self) -> None:
        self.closed_at = clock.now()

    @moves(REQUEST_MOVES, "supersede")
    def supersede(self) -> None:
        self.closed_at = clock.now()


class RequestItem(models.Model):
    """One line of a request: deploy component X at version Y, remove it, or a manual instruction."""

    request = models.ForeignKey(DeploymentRequest, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=ItemKind)
    component = models.ForeignKey(Component, models.PROTECT, null=True, blank=True, related_name="+")
    version = models.ForeignKey(ComponentVersion, models.PROTECT, null=True, blank=True, related_name="+")
    title = fields.name(blank=True, default="")
    instructions = fields.text()
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+")
    placement = models.CharField(
        max_length=10, choices=ItemPlacement, default=ItemPlacement.AFTER, blank=True
    )
    anchor = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="+")
    expected_s = models.PositiveIntegerField(default=600)

    class Meta:
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["request", "component"],
                condition=Q(component__isnull=False),
                name="delivery_component_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[ItemKind.DEPLOY, ItemKind.REDEPLOY],
                    component__isnull=False,
                    version__isnull=False,
                )
                | Q(kind=ItemKind.REMOVE, component__isnull=False, version=None)
                | (Q(kind=ItemKind.MANUAL, component=None, version=None) & ~Q(title="")),
                name="delivery_item_complete",
            ),
        ]

    def __str__(self) -> str:
        if self.kind == ItemKind.MANUAL:
            return self.title
        return str(self.version or self.component)


class RequestFeature(models.Model):
    """A feature that the request is about."""

    request = models.ForeignKey(DeploymentRequest, models.CASCADE, related_name="features")
    feature = models.ForeignKey(Feature, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["request", "feature"], name="delivery_feature_once"),
        ]

    def __str__(self) -> str:
        return f"{self.feature.key} of request {self.request_id}"


class RequestComment(models.Model):
    request = models.ForeignKey(DeploymentRequest, models.CASCADE, related_name="comments")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    text = fields.text(blank=False)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.person} on request {self.request_id}"
