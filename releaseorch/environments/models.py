"""Environments, their targets and placements, what is installed where, and reservations."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from releaseorch.accounts.models import Person
from releaseorch.catalog.models import Application, Component, ComponentVersion
from releaseorch.core import clock, fields
from releaseorch.environments.states import SourceKind


class Environment(models.Model):
    """A place to deploy to; `rank` is the promotion order, the same rank means side by side.

    `parameters` (name → text) feed `${name}` in procedures.
    """

    name = fields.name(unique=True)
    slug = models.SlugField(max_length=100, unique=True)
    rank = models.PositiveIntegerField(default=0)
    is_protected = models.BooleanField(default=False)
    parameters = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering: ClassVar = ["rank", "name"]

    def __str__(self) -> str:
        return self.name


class Target(models.Model):
    """A server, cluster or device of an environment."""

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="targets")
    name = fields.name()
    kind = fields.name(blank=True, default="", max_length=60)
    parameters = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["environment", "name"], name="environments_target_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Placement(models.Model):
    """A component runs on a target; `order` is the order of rolling deployments."""

    component = models.ForeignKey(Component, models.CASCADE, related_name="+")
    environment = models.ForeignKey(Environment, models.CASCADE, related_name="placements")
    target = models.ForeignKey(Target, models.CASCADE, related_name="placements")
    order = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["order", "target__name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["component", "target"], name="environments_placement_once"),
        ]

    def __str__(self) -> str:
        return f"{self.component} on {self.target}"


class Installation(models.Model):
    """A version is (or was) installed; at most one open row per component, environment and target.

    History = the closed rows. `uncertain_with` marks "between `version` and this one, nobody knows which";
    then `version` is what was there before, or empty when nothing was.
    """

    component = models.ForeignKey(Component, models.PROTECT, related_name="+")
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="installations")
    target = models.ForeignKey(Target, models.PROTECT, null=True, blank=True, related_name="+")
    version = models.ForeignKey(ComponentVersion, models.PROTECT, null=True, blank=True, related_name="+")
    uncertain_with = models.ForeignKey(
        ComponentVersion, models.PROTECT, null=True, blank=True, related_name="+"
    )
    since = models.DateTimeField(default=clock.now)
    until = models.DateTimeField(null=True, blank=True)
    source_kind = models.CharField(max_length=20, choices=SourceKind)
    source_id = models.BigIntegerField(null=True)
    source_name = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["component", "environment"],
                condition=Q(until=None, target=None),
                name="environments_one_open_whole",
            ),
            models.UniqueConstraint(
                fields=["component", "environment", "target"],
                condition=Q(until=None, target__isnull=False),
                name="environments_one_open_target",
            ),
            models.CheckConstraint(
                condition=Q(version__isnull=False) | Q(uncertain_with__isnull=False),
                name="environments_installed_what",
            ),
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")), name="environments_until_after_since"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["environment", "component", "since"], name="environments_history"),
            models.Index(fields=["version", "environment"], name="environments_where_version"),
        ]

    def __str__(self) -> str:
        return f"{self.component} in {self.environment}"


class Reservation(models.Model):
    """An environment, or one application in it, kept by somebody for a while."""

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="reservations")
    application = models.ForeignKey(Application, models.CASCADE, null=True, blank=True, related_name="+")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="+")
    reason = fields.name(max_length=300)
    starts_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["expires_at"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("starts_at")), name="environments_reservation_lasts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application or self.environment} kept by {self.owner}"
