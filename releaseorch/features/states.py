"""States of features (per application) and of releases, with their words and looks."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from releaseorch.core.looks import Look, register
from releaseorch.core.transitions import Move, move


class FeatureStatus(models.TextChoices):
    """Where a feature stands in one application."""

    OPEN = "open", _("open")
    IN_WORK = "in_work", _("in work")
    IN_TEST = "in_test", _("in test")
    READY = "ready", _("ready")
    REFUSED = "refused", _("refused")
    DROPPED = "dropped", _("dropped")


class ReleaseState(models.TextChoices):
    PLANNING = "planning", _("planning")
    LOCKED = "locked", _("locked")
    IN_PROGRESS = "in_progress", _("in progress")
    COMPLETED = "completed", _("completed")
    COMPLETED_WITH_EXCEPTIONS = "completed_with_exceptions", _("completed with exceptions")
    ABANDONED = "abandoned", _("abandoned")


R = ReleaseState
RELEASE_FINAL = frozenset({R.COMPLETED, R.COMPLETED_WITH_EXCEPTIONS, R.ABANDONED})
RELEASE_MOVES: dict[str, Move] = {
    "lock": move(R.LOCKED, R.PLANNING),  # its features are fixed
    "begin": move(R.IN_PROGRESS, R.LOCKED),
    "complete": move(R.COMPLETED, R.IN_PROGRESS),
    "complete_with_exceptions": move(R.COMPLETED_WITH_EXCEPTIONS, R.IN_PROGRESS),
    "abandon": move(R.ABANDONED, R.PLANNING, R.LOCKED, R.IN_PROGRESS),
}


class MilestoneKind(models.TextChoices):
    FILING = "filing", _("filing closes")
    APPROVAL = "approval", _("approval closes")
    PLAN = "plan", _("plan cut-off")


register(
    FeatureStatus,
    {
        FeatureStatus.OPEN: Look(_("Open"), "pending"),
        FeatureStatus.IN_WORK: Look(_("In work"), "warn"),
        FeatureStatus.IN_TEST: Look(_("In test"), "person"),
        FeatureStatus.READY: Look(_("Ready"), "ready"),
        FeatureStatus.REFUSED: Look(_("Refused"), "blocked"),
        FeatureStatus.DROPPED: Look(_("Dropped"), "cancelled"),
    },
)
register(
    ReleaseState,
    {
        ReleaseState.PLANNING: Look(_("Planning"), "draft"),
        ReleaseState.LOCKED: Look(_("Locked"), "scheduled"),
        ReleaseState.IN_PROGRESS: Look(_("In progress"), "running"),
        ReleaseState.COMPLETED: Look(_("Completed"), "succeeded"),
        ReleaseState.COMPLETED_WITH_EXCEPTIONS: Look(_("Completed with exceptions"), "warn"),
        ReleaseState.ABANDONED: Look(_("Abandoned"), "cancelled"),
    },
)
