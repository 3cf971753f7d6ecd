"""Features, their status per application, the releases that hold them, and which version holds which feature."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField

from releaseorch.accounts.models import Person
from releaseorch.catalog.models import Application, ComponentVersion
from releaseorch.core import clock, fields
from releaseorch.core.models import GuardedModel
from releaseorch.core.transitions import moves
from releaseorch.features.states import (
    RELEASE_FINAL,
    RELEASE_MOVES,
    FeatureStatus,
    MilestoneKind,
    ReleaseState,
)


class Feature(GuardedModel):
    """A unit of functionality asked for (a change request); may span applications."""

    key = fields.name(max_length=60, unique=True)
    name_key = fields.NameKey(follows="key", unique=True)
    title = fields.name(max_length=300)
    url = fields.link()
    source = fields.name(max_length=40, blank=True, default="")
    owner = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    tester = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=clock.now)  # the idea

    class Meta:
        ordering: ClassVar = ["key"]

    def __str__(self) -> str:
        return f"{self.key} {self.title}"


class FeatureScope(GuardedModel):
    """A feature touches an application, with a status there."""

    feature = models.ForeignKey(Feature, models.CASCADE, related_name="scopes")
    application = models.ForeignKey(Application, models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=FeatureStatus, default=FeatureStatus.OPEN)

    audit_kind = "feature"

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["feature", "application"], name="features_scope_once"),
        ]

    def __str__(self) -> str:
        return f"{self.feature.key} in {self.application}"


class Release(GuardedModel):
    """A named, dated set of features: organisation-wide, or of one application.

    planning → locked → in_progress → completed | completed_with_exceptions
    planning | locked | in_progress → abandoned
    """

    name = fields.name(unique=True)
    name_key = fields.NameKey(unique=True)
    application = models.ForeignKey(Application, models.PROTECT, null=True, blank=True, related_name="+")
    state = FSMField(
        max_length=30, choices=ReleaseState.choices, default=ReleaseState.PLANNING, protected=True
    )
    target_date = models.DateTimeField(null=True, blank=True)
    features: "models.ManyToManyField[Feature, ReleaseFeature]" = models.ManyToManyField(
        Feature, through="ReleaseFeature", related_name="releases"
    )

    class Meta:
        ordering: ClassVar = ["-target_date", "name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=ReleaseState.values), name="features_release_state"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_over(self) -> bool:
        return self.state in RELEASE_FINAL

    @moves(RELEASE_MOVES, "lock")
    def lock(self) -> None:
        pass

    @moves(RELEASE_MOVES, "begin")
    def begin(self) -> None:
        pass

    @moves(RELEASE_MOVES, "complete")
    def complete(self) -> None:
        pass

    @moves(RELEASE_MOVES, "complete_with_exceptions")
    def complete_with_exceptions(self) -> None:
        pass

    @moves(RELEASE_MOVES, "abandon")
    def abandon(self) -> None:
        pass


class ReleaseFeature(models.Model):
    release = models.ForeignKey(Release, models.CASCADE, related_name="lines")
    feature = models.ForeignKey(Feature, models.CASCADE, related_name="lines")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["release", "feature"], name="features_release_line_once"),
        ]

    def __str__(self) -> str:
        return f"{self.feature} in {self.release}"


class ReleaseMilestone(models.Model):
    """A cut-off of a release."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="milestones")
    kind = models.CharField(max_length=10, choices=MilestoneKind)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["release", "kind"], name="features_milestone_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"


class FeatureInVersion(models.Model):
    """A component version holds (its part of) a feature."""

    # No way back from a version, but a name for queries of what is installed (environments.arrivals).
    version = models.ForeignKey(ComponentVersion, models.CASCADE, related_name="+", related_query_name="held")
    feature = models.ForeignKey(Feature, models.CASCADE, related_name="held_by")

    class Meta:
        verbose_name = _("feature in a version")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "feature"], name="features_in_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.feature.key} in {self.version}"
