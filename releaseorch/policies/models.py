"""Approval policies: who must consent to a request or a run, where."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from releaseorch.accounts.models import Team
from releaseorch.accounts.roles import Role
from releaseorch.catalog.models import Application
from releaseorch.core import fields
from releaseorch.environments.models import Environment


class Subject(models.TextChoices):
    REQUEST = "request", _("requests")
    RUN = "run", _("runs")


class ApprovalPolicy(models.Model):
    """Asks for slots; empty environment or application means every one of them."""

    name = fields.name(unique=True)
    subject = models.CharField(max_length=10, choices=Subject)
    environment = models.ForeignKey(Environment, models.CASCADE, null=True, blank=True, related_name="+")
    application = models.ForeignKey(Application, models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name_plural = _("approval policies")

    def __str__(self) -> str:
        return self.name


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
