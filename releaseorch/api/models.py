"""Answers kept for repeated calls: the same Idempotency-Key gives the same answer once, not twice the effect."""

from typing import ClassVar

from django.db import models

from releaseorch.accounts.models import Person
from releaseorch.core import clock


class IdempotencyKey(models.Model):
    """A key of one actor; the answer is stored in the transaction of the call."""

    actor = models.ForeignKey(Person, models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    body_digest = models.CharField(max_length=64)
    status = models.PositiveIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["actor", "key"], name="api_idempotency_once"),
        ]

    def __str__(self) -> str:
        return self.key
