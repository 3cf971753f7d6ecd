"""Approvals: a person's verdict on exactly one request or run, bound to the digest of what they saw."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from releaseorch.accounts.models import Person
from releaseorch.core import clock, fields
from releaseorch.delivery.models.request import DeploymentRequest
from releaseorch.delivery.states import Verdict
from releaseorch.runs.models import DeploymentRun


class Approval(models.Model):
    """Insert only. For a request it counts while the content digest is the same, for a run also while the round is."""

    request = models.ForeignKey(
        DeploymentRequest, models.PROTECT, null=True, blank=True, related_name="approvals"
    )
    run = models.ForeignKey(DeploymentRun, models.PROTECT, null=True, blank=True, related_name="+")
    round = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    slot = fields.name(max_length=100)
    approver = models.ForeignKey(Person, models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=10, choices=Verdict)
    comment = fields.text()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(request__isnull=False, run=None) | Q(request=None, run__isnull=False),
                name="delivery_approval_of_one",
            ),
            # One person never fills two slots of the same content.
            models.UniqueConstraint(
                fields=["request", "digest", "round", "approver"],
                condition=Q(request__isnull=False, verdict=Verdict.APPROVED),
                name="delivery_one_approval_request",
            ),
            models.UniqueConstraint(
                fields=["run", "round", "approver"],
                condition=Q(run__isnull=False, verdict=Verdict.APPROVED),
                name="delivery_one_approval_run",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["run", "round"], name="delivery_approval_run")]

    def __str__(self) -> str:
        return f"{self.slot}: {self.verdict} by {self.approver}"
