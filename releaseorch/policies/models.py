"""Approval policies: who must consent to a request or a run, where, and which rules a request keeps there."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from releaseorch.accounts.models import Team
from releaseorch.accounts.roles import Role
from releaseorch.catalog.models import Application
from releaseorch.core import clock, fields
from releaseorch.environments.models import Environment


class Subject(models.TextChoices):
    REQUEST = "request", _("requests")
    RUN = "run", _("runs")


class Stage(models.TextChoices):
    """The doors that a request goes through, in their order."""

    SUBMIT = "submit", _("from submitting on")
    APPROVE = "approve", _("from approving on")
    PROPOSE = "propose", _("from proposing its run on")
    START = "start", _("when its run starts")

    @property
    def place(self) -> int:
        return list(Stage).index(self)


class Rule(models.TextChoices):
    """What a policy may demand of requests; `delivery.rules` says of each whether a request keeps it."""

    RAN_BEFORE = "ran_before", _("Each version ran in the environment before")
    DIGESTS = "digests", _("Each version has a digest")
    SOAKED = "soaked", _("Each version has been in the environment before for some hours")
    FEATURES_IN = "features_in", _("The versions hold every feature that is expected")
    FEATURES_EXPECTED = "features_expected", _("The versions hold no feature that the release doesn't expect")
    FEATURES_READY = "features_ready", _("Each feature in the versions is ready in the application")
    FEATURES_WHOLE = "features_whole", _("Applications that share a feature go together")
    NEEDS_THERE = "needs_there", _("What the components need is there or comes along")
    NOBODY_ELSE = "nobody_else", _("Nobody else deploys the same components")


class ApprovalPolicy(models.Model):
    """One version of a policy: asks for slots and demands rules while it counts.

    Empty environment or application means every one.

    A version never changes but for its end: an edit makes the next one, which counts from a moment on. At most one
    version of a name has no end.
    """

    audit_kind: ClassVar = "policy"

    name = fields.name()
    name_key = fields.NameKey(db_default="")
    version = models.PositiveIntegerField(default=1, db_default=1)
    subject = models.CharField(max_length=10, choices=Subject)
    environment = models.ForeignKey(Environment, models.CASCADE, null=True, blank=True, related_name="+")
    application = models.ForeignKey(Application, models.CASCADE, null=True, blank=True, related_name="+")
    valid_from = models.DateTimeField(default=clock.now, db_default=Now())
    valid_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["name", "version"]
        verbose_name_plural = _("approval policies")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name_key", "version"], name="policies_policy_same_name"),
            models.UniqueConstraint(
                fields=["name_key"], condition=Q(valid_until=None), name="policies_policy_one_goes_on"
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="policies_policy_span",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def counts(self) -> bool:
        """Whether it asks for its slots at this moment."""
        return self.valid_from <= clock.now() and not self.is_over

    @property
    def is_over(self) -> bool:
        return self.valid_until is not None and self.valid_until <= max(clock.now(), self.valid_from)


class ApprovalSlot(models.Model):
    """A named consent: so many people of a role, or of a team."""

    policy = models.ForeignKey(ApprovalPolicy, models.CASCADE, related_name="slots")
    name = fields.name(max_length=100)
    role = models.CharField(max_length=20, choices=Role, blank=True, default="")
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+")
    quorum = models.PositiveIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["policy", "name"], name="policies_slot_once"),
            models.CheckConstraint(condition=Q(quorum__gte=1), name="policies_quorum_positive"),
            models.CheckConstraint(
                condition=(~Q(role="") & Q(team=None)) | (Q(role="") & Q(team__isnull=False)),
                name="policies_slot_role_or_team",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PolicyRule(models.Model):
    """A rule that requests keep where the policy counts; until `blocks_from` who breaks it is only warned."""

    policy = models.ForeignKey(ApprovalPolicy, models.CASCADE, related_name="rules")
    rule = models.CharField(max_length=30, choices=Rule)
    blocks_from = models.CharField(max_length=10, choices=Stage)
    hours = models.PositiveIntegerField(null=True, blank=True)  # of SOAKED alone

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["policy", "rule"], name="policies_rule_once"),
            models.CheckConstraint(condition=Q(rule__in=Rule.values), name="policies_rule_known"),
            models.CheckConstraint(condition=Q(blocks_from__in=Stage.values), name="policies_rule_stage"),
            models.CheckConstraint(
                condition=(Q(rule=Rule.SOAKED) & Q(hours__gte=1)) | (~Q(rule=Rule.SOAKED) & Q(hours=None)),
                name="policies_rule_hours",
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_rule_display())
