"""What was imported, as it was read: imports are idempotent by it, and facts without a domain notion come from it."""

from typing import ClassVar

from django.db import models

from releaseorch.core import clock


class SourceRecord(models.Model):
    """One record of a source (a commit, a dependency on an outside system …); `digest` says whether it changed."""

    source = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=300)
    payload = models.JSONField()
    digest = models.CharField(max_length=64)
    object_kind = models.CharField(max_length=40, blank=True, default="")
    object_id = models.BigIntegerField(null=True, blank=True)
    imported_at = models.DateTimeField(default=clock.now)

    audit_kind = "source"

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["source", "kind", "key"], name="integrations_record_once"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.kind} {self.key}"
