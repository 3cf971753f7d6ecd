"""Environments, their targets and placements, what is installed where, what keeps it, and words on features there."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.catalog.models import Application, Component, ComponentVersion, Retirable
from releaseorch.core import clock, fields
from releaseorch.core.models import GuardedModel
from releaseorch.environments.states import SignoffVerdict, SourceKind
from releaseorch.features.models import Feature


class Environment(Retirable):
    """A place to deploy to; `rank` is the promotion order, the same rank means side by side.

    `parameters` (name → text) feed `${name}` in procedures. Where it is protected, a second person has
    `confirm_within_minutes` to confirm that something of unknown outcome is tried again. At most `steps_at_once` tools
    work in it; targets and connections have such a limit of their own.
    """

    name = fields.name(unique=True)
    name_key = fields.NameKey(unique=True)
    slug = models.SlugField(max_length=100, unique=True)
    rank = models.PositiveIntegerField(default=0)
    is_protected = models.BooleanField(default=False)
    confirm_within_minutes = models.PositiveSmallIntegerField(
        default=10, db_default=10, validators=[MinValueValidator(1), MaxValueValidator(24 * 60)]
    )
    steps_at_once = fields.limit()
    parameters = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering: ClassVar = ["rank", "name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(retired_at=None) | ~Q(retired_reason=""),
                name="environments_environment_retired_why",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Target(GuardedModel):
    """A server, cluster or device of an environment; a retired one keeps its history and gives back its name."""

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="targets")
    name = fields.name()
    name_key = fields.NameKey()
    kind = fields.name(blank=True, default="", max_length=60)
    steps_at_once = fields.limit()
    parameters = models.JSONField(default=dict, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_reason = fields.text()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["environment", "name_key"],
                condition=Q(retired_at=None),
                name="environments_target_in_use_name",
            ),
            models.CheckConstraint(
                condition=Q(retired_at=None) | ~Q(retired_reason=""), name="environments_target_retired_why"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Placement(GuardedModel):
    """A component runs on a target; rolling deployments go by `order`, neighbours of one `group` together."""

    component = models.ForeignKey(Component, models.CASCADE, related_name="+")
    environment = models.ForeignKey(Environment, models.CASCADE, related_name="placements")
    target = models.ForeignKey(Target, models.CASCADE, related_name="placements")
    order = models.PositiveIntegerField(default=0)
    group = fields.name(blank=True, default="", max_length=60)

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
            # What is there now, beside thousands of rows of what was; counts are answered by the index alone.
            models.Index(
                fields=["environment", "component", "version", "uncertain_with"],
                condition=Q(until=None),
                name="environments_open",
            ),
            # The same by component; without it a planner reads all that was ever there of a component.
            models.Index(fields=["component"], condition=Q(until=None), name="environments_open_component"),
        ]

    def __str__(self) -> str:
        return f"{self.component} in {self.environment}"


class Reservation(GuardedModel):
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


class Freeze(GuardedModel):
    """No run starts, and no step of one begins: in one environment, for one application, or for all with neither."""

    environment = models.ForeignKey(
        Environment, models.CASCADE, null=True, blank=True, related_name="freezes"
    )
    application = models.ForeignKey(Application, models.CASCADE, null=True, blank=True, related_name="+")
    reason = fields.name(max_length=300)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    set_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["starts_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="environments_freeze_lasts"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["ends_at"], name="environments_freeze_end", condition=Q(lifted_at=None)),
        ]

    def __str__(self) -> str:
        return f"Freeze of {self.what}"

    @property
    def what(self) -> str:
        """What is frozen, for people."""
        if self.environment is None:
            return str(self.application) if self.application else _("every environment")
        if self.application is None:
            return str(self.environment)
        return _("%(application)s in %(environment)s") % {
            "application": self.application, "environment": self.environment,
        }  # fmt: skip


class FeatureSignoff(models.Model):
    """A person's word that a feature, as installed in an environment, is good or isn't. Insert only.

    Bound to the versions that were there: the newest word counts while the same ones are.
    """

    feature = models.ForeignKey(Feature, models.PROTECT, related_name="+")
    environment = models.ForeignKey(Environment, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=10, choices=SignoffVerdict)
    reason = fields.text()
    versions = models.JSONField(default=dict)  # component → version, as people read them
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(verdict=SignoffVerdict.REFUSED) | ~Q(reason=""), name="environments_refused_why"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["feature", "environment", "-id"], name="environments_signoff_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.feature.key} in {self.environment}: {self.verdict}"


class Connection(GuardedModel):
    """How tools reach what they deploy to in one environment; steps of procedures name it.

    Everybody can read `config`; what must stay secret is sealed beside it.
    """

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="connections")
    name = fields.name(max_length=100)
    name_key = fields.NameKey()
    kind = models.CharField(max_length=40)  # of an executor
    config = models.JSONField(default=dict, blank=True)
    steps_at_once = fields.limit()

    class Meta:
        ordering: ClassVar = ["environment__rank", "environment__name", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["environment", "name_key"], name="environments_connection_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ConnectionSecret(models.Model):
    """A secret of a connection, sealed with the key `key_id`; nobody reads it but the worker that needs it."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="secrets")
    name = models.CharField(max_length=60)
    key_id = models.CharField(max_length=40)
    sealed = models.BinaryField()
    set_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "name"], name="environments_secret_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["key_id"], name="environments_secret_key")]

    def __str__(self) -> str:
        return f"{self.name} of {self.connection}"

    @property
    def place(self) -> str:
        """Where it belongs; sealed together with it, so that it opens nowhere else."""
        return f"connection:{self.connection_id}:{self.name}"
