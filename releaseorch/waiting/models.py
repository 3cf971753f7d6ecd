"""The ledger of waiting: what waits, for whom or what, since when, until when."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Blocker(models.TextChoices):
    """What a thing can wait for; the statistics are made by these, never by person."""

    PERSON = "person", _("a person")
    TEAM = "team", _("a team")
    ROLE = "role", _("a role")
    POLICY = "policy", _("a policy")
    WINDOW = "window", _("a window")
    FREEZE = "freeze", _("a freeze")
    RESERVATION = "reservation", _("a reservation")
    RUN = "run", _("a run")
    DEPENDENCY = "dependency", _("a dependency")
    LIMIT = "limit", _("a place")
    WORKER = "worker", _("a worker")
    OUTSIDE = "outside", _("an outside system")


class Interval(models.Model):
    """One wait of one subject; at most one open primary interval per subject, others are listed beside it."""

    subject_kind = models.CharField(max_length=20)
    subject_id = models.BigIntegerField()
    team_id = models.BigIntegerField(null=True)  # soft: whose work it is
    blocker_kind = models.CharField(max_length=20, choices=Blocker)
    blocker_id = models.BigIntegerField(null=True)
    blocker_name = models.CharField(max_length=200)
    sentence = models.CharField(max_length=500)
    is_primary = models.BooleanField(default=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id"],
                condition=Q(ended_at=None, is_primary=True),
                name="waiting_one_open_primary",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=models.F("started_at")),
                name="waiting_ends_after_start",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["blocker_kind", "blocker_id"],
                name="waiting_open_for_people",
                condition=Q(ended_at=None, blocker_kind__in=[Blocker.PERSON, Blocker.TEAM, Blocker.ROLE]),
            ),
            # Of a run with many steps there are many that are over: those that are open are found by their end, which
            # they haven't, and not by an index of the open ones alone, which would be read through for each.
            models.Index(fields=["subject_kind", "subject_id", "ended_at"], name="waiting_subject_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_id} waits for {self.blocker_name}"
