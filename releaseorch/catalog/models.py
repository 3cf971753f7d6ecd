"""Applications, their components, the versions built of them, what they need, and how they are deployed."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from releaseorch.accounts.models import Person, Team
from releaseorch.catalog.states import Downtime, EffectClass, Level, Need, Phase, Reversible, StepKind
from releaseorch.core import clock, fields
from releaseorch.core.models import GuardedModel


class Retirable(GuardedModel):
    """Master data with a version; nothing of it is deleted, it is retired with a reason and may be restored."""

    retired_at = models.DateTimeField(null=True, blank=True)
    retired_reason = fields.text()

    class Meta:
        abstract = True

    @property
    def is_retired(self) -> bool:
        return self.retired_at is not None


class Application(Retirable):
    """A product owned by a team; has components."""

    name = fields.name(unique=True)
    name_key = fields.NameKey(unique=True)
    slug = models.SlugField(max_length=100, unique=True)
    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    contact = fields.name(blank=True, default="")
    on_call_note = fields.text()
    criticality = fields.name(blank=True, default="", max_length=40)
    runbook_url = fields.link()
    is_restricted = models.BooleanField(default=False)
    level = models.CharField(max_length=20, choices=Level, default=Level.TRAIN)
    tags = models.JSONField(default=list, blank=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(retired_at=None) | ~Q(retired_reason=""), name="catalog_application_retired_why"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Procedure(models.Model):
    """How components of a kind are deployed: an immutable version of a list of steps."""

    name = fields.name()
    name_key = fields.NameKey()
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering: ClassVar = ["name", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "version"], name="catalog_procedure_version"),
            models.UniqueConstraint(fields=["name_key", "version"], name="catalog_procedure_same_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class ProcedureStep(models.Model):
    """One step of a procedure; `after` names keys of the same procedure, `parameters` may hold `${name}`."""

    procedure = models.ForeignKey(Procedure, models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField()
    key = models.SlugField(max_length=60)
    title = fields.name()
    phase = models.CharField(max_length=10, choices=Phase)
    kind = models.CharField(max_length=10, choices=StepKind)
    executor = models.CharField(max_length=40, blank=True, default="")
    connection = fields.name(blank=True, default="", max_length=100)  # by name: each environment has its own
    parameters = models.JSONField(default=dict, blank=True)
    instructions = fields.text()
    after = models.JSONField(default=list, blank=True)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+")
    per_target = models.BooleanField(default=False)
    installs = models.BooleanField(default=False)
    effect_class = models.CharField(max_length=1, choices=EffectClass, default=EffectClass.UNSAFE)
    reversible = models.CharField(max_length=10, choices=Reversible, default=Reversible.YES)
    downtime = models.CharField(max_length=12, choices=Downtime, default=Downtime.NONE)
    timeout_s = models.PositiveIntegerField(default=1800)
    silence_s = models.PositiveIntegerField(null=True, blank=True)
    decide_within_s = models.PositiveIntegerField(null=True, blank=True)  # then a decision on it goes up
    expected_s = models.PositiveIntegerField(default=60)
    retry = models.JSONField(default=dict, db_default={}, blank=True)  # catalog.retrying
    decisions = models.JSONField(default=dict, db_default={}, blank=True)  # catalog.deciding

    class Meta:
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["procedure", "key"], name="catalog_step_key_once"),
            models.CheckConstraint(
                condition=Q(kind=StepKind.MANUAL) | ~Q(executor=""), name="catalog_step_has_executor"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Component(Retirable):
    """A deployable part of an application (database schema, web front, batch)."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="components")
    name = fields.name()
    name_key = fields.NameKey()
    kind = fields.name(blank=True, default="", max_length=60)
    procedure = models.ForeignKey(Procedure, models.PROTECT, null=True, blank=True, related_name="components")
    parameters = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering: ClassVar = ["application__name", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["application", "name"], name="catalog_component_name"),
            models.UniqueConstraint(fields=["application", "name_key"], name="catalog_component_same_name"),
            models.CheckConstraint(
                condition=Q(retired_at=None) | ~Q(retired_reason=""), name="catalog_component_retired_why"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ComponentDependency(models.Model):
    """`component` needs `needs`."""

    component = models.ForeignKey(Component, models.CASCADE, related_name="dependencies")
    needs = models.ForeignKey(Component, models.CASCADE, related_name="dependents")
    reason = models.CharField(max_length=20, choices=Need, default=Need.RUNTIME)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["component", "needs"], name="catalog_dependency_once"),
            models.CheckConstraint(condition=~Q(component=F("needs")), name="catalog_dependency_not_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.component} needs {self.needs}"


class ComponentVersion(models.Model):
    """One immutable built artifact of a component; the text is not assumed to be semver."""

    component = models.ForeignKey(Component, models.PROTECT, related_name="versions")
    text = fields.name(max_length=150)
    artifact_uri = fields.name(max_length=1000, blank=True, default="")
    digest = fields.name(max_length=200, blank=True, default="")
    commit = fields.name(max_length=64, blank=True, default="")
    build_url = fields.link()
    built_at = models.DateTimeField(null=True, blank=True)
    registered_at = models.DateTimeField(default=clock.now)
    blocked_reason = fields.text()
    blocked_at = models.DateTimeField(null=True, blank=True)
    blocked_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")

    audit_kind = "version"

    class Meta:
        ordering: ClassVar = ["component_id", "-registered_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["component", "text"], name="catalog_version_once"),
            models.CheckConstraint(
                condition=Q(blocked_at=None) | ~Q(blocked_reason=""), name="catalog_block_has_reason"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["component", "-registered_at"], name="catalog_version_newest"),
        ]
        verbose_name = _("version")

    def __str__(self) -> str:
        return f"{self.component} {self.text}"

    @property
    def is_blocked(self) -> bool:
        return self.blocked_at is not None
