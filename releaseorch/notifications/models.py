"""The inbox, which is also the queue of the mail; switches; what went up; calls to pager systems."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from releaseorch.accounts.models import Person
from releaseorch.core import clock
from releaseorch.notifications.kinds import URGENT, Channel, Kind
from releaseorch.notifications.states import Level, Sending
from releaseorch.runs.models import Step

SENTENCE = 600


class InboxEntry(models.Model):
    """One thing that one person was told; `once` names what happened, so that told twice is told once.

    The subject is a soft reference. Entries of one `bundle` go into one mail.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind)
    once = models.CharField(max_length=120)
    subject_kind = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    bundle = models.CharField(max_length=40)
    sentence = models.CharField(max_length=SENTENCE)
    why = models.CharField(max_length=200)
    link = models.CharField(max_length=200)
    at = models.DateTimeField(default=clock.now)
    in_inbox = models.BooleanField(default=True)
    read_at = models.DateTimeField(null=True, blank=True)
    mail = models.CharField(max_length=10, choices=Sending, default=Sending.NONE)
    tries = models.PositiveIntegerField(default=0)
    next_try = models.DateTimeField(default=clock.now)
    mailed_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "kind", "once"], name="notifications_told_once"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="notifications_entry_kind"),
            models.CheckConstraint(condition=Q(mail__in=Sending.values), name="notifications_entry_mail"),
            models.CheckConstraint(
                condition=~Q(mail=Sending.SENT) | Q(mailed_at__isnull=False),
                name="notifications_sent_has_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["person", "-id"], name="notifications_inbox", condition=Q(in_inbox=True)),
            models.Index(
                fields=["person"], name="notifications_unread", condition=Q(in_inbox=True, read_at=None)
            ),
            models.Index(fields=["once"], name="notifications_once"),
            models.Index(
                fields=["next_try"], name="notifications_to_mail", condition=Q(mail=Sending.WAITING)
            ),
            models.Index(fields=["person", "bundle", "mailed_at"], name="notifications_bundle"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.person_id}: {self.sentence[:60]}"

    @property
    def asks(self) -> bool:
        """A run stands still until this person, or one like them, decides."""
        return self.kind in URGENT


class SwitchedOff(models.Model):
    """A kind that a person doesn't want to be told through a channel."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind)
    channel = models.CharField(max_length=10, choices=Channel)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "kind", "channel"], name="notifications_switch_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}: no {self.kind} by {self.channel}"


class Escalation(models.Model):
    """Who was called because a step still waited for a decision; `since` tells one wait from the next."""

    step = models.ForeignKey(Step, models.CASCADE, related_name="+")
    since = models.DateTimeField()
    level = models.CharField(max_length=20, choices=Level)
    told = models.CharField(max_length=300)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["step", "since", "level"], name="notifications_called_once"),
            models.CheckConstraint(condition=Q(level__in=Level.values), name="notifications_call_level"),
        ]

    def __str__(self) -> str:
        return f"{self.told} about step {self.step_id}"


class WebhookCall(models.Model):
    """A message to the pager system that is set; the body is signed and sent exactly as it was written."""

    escalation = models.OneToOneField(Escalation, models.CASCADE, related_name="call")
    body = models.TextField()
    sending = models.CharField(max_length=10, choices=Sending, default=Sending.WAITING)
    tries = models.PositiveIntegerField(default=0)
    next_try = models.DateTimeField(default=clock.now)
    last_error = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(sending__in=Sending.values), name="notifications_hook_state"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_try"], name="notifications_to_call", condition=Q(sending=Sending.WAITING)
            ),
        ]

    def __str__(self) -> str:
        return f"call about {self.escalation}"
