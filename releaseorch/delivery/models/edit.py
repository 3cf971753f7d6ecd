"""Edits of a computed plan, kept so that they can be shown beside it and made again when it is computed anew."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from releaseorch.accounts.models import Person
from releaseorch.core import clock, fields
from releaseorch.delivery.states import EditKind
from releaseorch.runs.models import DeploymentRun


class PlanEdit(models.Model):
    """One change of a draft's plan by a person; `payload` names steps by key.

    `dropped_because` says why it could not be made again when the plan was computed anew.
    """

    run = models.ForeignKey(DeploymentRun, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=EditKind)
    payload = models.JSONField(default=dict)
    summary = models.CharField(max_length=500)
    reason = fields.text(blank=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)
    dropped_because = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reason=""), name="delivery_edit_has_reason"),
        ]

    def __str__(self) -> str:
        return self.summary
