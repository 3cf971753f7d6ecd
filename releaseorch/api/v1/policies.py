"""Policies: what requests and runs need, in versions that never change."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import django_filters
from django.db.models import QuerySet
from rest_framework import mixins, serializers

from releaseorch.accounts.models import Person, Team
from releaseorch.accounts.roles import Role
from releaseorch.api.v1.base import (
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
from releaseorch.catalog.models import Application
from releaseorch.environments.models import Environment
from releaseorch.policies import queries, services
from releaseorch.policies.models import ApprovalPolicy, ApprovalSlot, PolicyRule, Rule, Stage, Subject
from releaseorch.policies.services import LARGEST_QUORUM, LONGEST_SOAK, RuleDraft, SlotDraft


class SlotOut(serializers.ModelSerializer[ApprovalSlot]):
    team = serializers.SlugRelatedField[Team]("slug", read_only=True, allow_null=True)

    class Meta:
        model = ApprovalSlot
        fields = ("name", "role", "team", "quorum")


class RuleOut(serializers.ModelSerializer[PolicyRule]):
    class Meta:
        model = PolicyRule
        fields = ("rule", "blocks_from", "hours")


class PolicyOut(serializers.ModelSerializer[ApprovalPolicy]):
    environment = serializers.SlugRelatedField[Environment]("slug", read_only=True, allow_null=True)
    application = serializers.SlugRelatedField[Application]("slug", read_only=True, allow_null=True)
    slots = SlotOut(many=True)
    rules = RuleOut(many=True)
    counts = serializers.BooleanField(help_text="Whether it asks for its slots at this moment.")

    class Meta:
        model = ApprovalPolicy
        fields = (
            "id", "name", "version", "subject", "environment", "application", "valid_from", "valid_until", "counts",
            "slots", "rules",
        )  # fmt: skip


class SlotIn(StrictSerializer):
    """Either a role or a team."""

    name = Line(max_length=100)
    role = serializers.ChoiceField(choices=Role.choices, required=False)
    team = serializers.SlugRelatedField("slug", queryset=Team.objects.filter(retired_at=None), required=False)
    quorum = serializers.IntegerField(min_value=1, max_value=LARGEST_QUORUM, required=False, default=1)


class RuleIn(StrictSerializer):
    """A rule that requests keep, and the door from which on it blocks; before that it warns."""

    rule = serializers.ChoiceField(choices=Rule.choices)
    blocks_from = serializers.ChoiceField(choices=Stage.choices)
    hours = serializers.IntegerField(
        min_value=1, max_value=LONGEST_SOAK, required=False, allow_null=True, default=None,
        help_text="Of `soaked`, and of that alone: for how long.",
    )  # fmt: skip


class NewPolicy(StrictSerializer):
    name = Line()
    subject = serializers.ChoiceField(choices=Subject.choices)
    environment = serializers.SlugRelatedField(
        "slug", queryset=Environment.objects.all(), required=False, allow_null=True, default=None
    )
    application = serializers.SlugRelatedField(
        "slug", queryset=Application.objects.all(), required=False, allow_null=True, default=None
    )
    slots = SlotIn(many=True, required=False, default=[])
    rules = RuleIn(many=True, required=False, default=[], help_text="Of a policy about requests.")
    valid_from = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="Left out: now."
    )


class PolicyEdit(Seen):
    version = serializers.IntegerField(
        required=False, min_value=1,
        help_text="The newest version you know; refused with 409 when there is a newer one.",
    )  # fmt: skip
    slots = SlotIn(many=True, required=False, allow_null=True, default=None, help_text="Left out: as before.")
    rules = RuleIn(many=True, required=False, allow_null=True, default=None, help_text="Left out: as before.")
    reason = Text(min_length=3)
    valid_from = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="Left out: now."
    )


class PolicyEnd(SeenReasoned):
    valid_until = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="Left out: now."
    )


class PolicyFilter(django_filters.FilterSet):
    class Meta:
        model = ApprovalPolicy
        fields = ("name", "subject", "version")


def create_policy(
    *,
    actor: Person,
    slots: Sequence[dict[str, Any]],
    rules: Sequence[dict[str, Any]],
    subject: str,
    **values: Any,
) -> ApprovalPolicy:
    """Ask for slots and demand rules from a moment on."""
    return services.create_policy(
        actor=actor, subject=Subject(subject), slots=[_draft(one) for one in slots],
        rules=[_rule(one) for one in rules], **values,
    )  # fmt: skip


def edit_policy(
    *,
    actor: Person,
    policy: ApprovalPolicy,
    slots: Sequence[dict[str, Any]] | None,
    rules: Sequence[dict[str, Any]] | None,
    reason: str,
    seen: int | None = None,
    valid_from: datetime | None = None,
) -> ApprovalPolicy:
    """Make the next version; the answer shows that one. The same as the newest: nothing is made."""
    return services.edit_policy(
        actor=actor, policy=policy, reason=reason, seen=seen, valid_from=valid_from,
        slots=None if slots is None else [_draft(one) for one in slots],
        rules=None if rules is None else [_rule(one) for one in rules],
    )  # fmt: skip


def _rule(given: dict[str, Any]) -> RuleDraft:
    return RuleDraft(rule=Rule(given["rule"]), blocks_from=Stage(given["blocks_from"]), hours=given["hours"])


def _draft(given: dict[str, Any]) -> SlotDraft:
    role = Role(given["role"]) if given.get("role") else None
    return SlotDraft(name=given["name"], role=role, team=given.get("team"), quorum=given["quorum"])


class Policies(mixins.ListModelMixin, mixins.RetrieveModelMixin, Nouns):
    """Whose consent requests and runs need; every version there ever was."""

    scope = "settings:write"
    serializer_class = PolicyOut
    filterset_class = PolicyFilter

    def get_queryset(self) -> QuerySet[ApprovalPolicy]:
        return queries.with_slots(ApprovalPolicy.objects.all())

    def shown(self, changed: ApprovalPolicy) -> ApprovalPolicy:
        return self.get_queryset().get(pk=changed.pk)

    create = creation(create_policy, NewPolicy, PolicyOut)
    partial_update = edition(edit_policy, PolicyEdit, PolicyOut, on="policy")
    retire = verb("retire", services.retire_policy, PolicyEnd, PolicyOut, on="policy")
