"""Approval policies: who must consent to a request or a run, where."""

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


class ApprovalPolicy(models.Model):
    """One version of a policy: asks for slots while it counts; empty environment or application means every one.

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
