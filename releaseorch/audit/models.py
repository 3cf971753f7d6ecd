"""What happened (events), the chain that proves it (seals), and what must still be told (outbox, live topics)."""

from typing import ClassVar

from django.db import models

from releaseorch.core import clock


class Event(models.Model):
    """One verb that somebody did, inserted in the transaction of the verb; never changed, never deleted.

    `subject` is a soft reference (kind, id, name as it was), since audit knows no other app.
    """

    at = models.DateTimeField(default=clock.now)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    verb = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    subject_name = models.CharField(max_length=300)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.TextField(default="")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject_kind", "subject_id", "-id"], name="audit_event_subject"),
            models.Index(fields=["verb", "-id"], name="audit_event_verb"),
            models.Index(fields=["actor_id", "-id"], name="audit_event_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_name}"


class Seal(models.Model):
    """A link of the chain: hash over the previous hash and the event, appended by the one sealer."""

    seq = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, models.PROTECT, related_name="seal")
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"seal {self.seq}"


class Outbox(models.Model):
    """A handler that must still be told of an event, at least once."""

    event = models.ForeignKey(Event, models.PROTECT, related_name="+")
    handler = models.CharField(max_length=60)
    delivered_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField(default=clock.now)
    last_error = models.TextField(default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "handler"], name="audit_outbox_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["not_before"], name="audit_outbox_open", condition=models.Q(delivered_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.handler} of {self.event_id}"


class Topic(models.Model):
    """The version of something that pages watch (`run:214`); the hub compares it with what each stream has seen."""

    name = models.CharField(max_length=80, primary_key=True)
    version = models.BigIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"
