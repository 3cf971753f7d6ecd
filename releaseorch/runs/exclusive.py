"""A run that demands its whole environment: it starts only when no other is under way there, and keeps others out."""

from django.utils.translation import gettext as _

from releaseorch.environments.models import Environment
from releaseorch.runs import expectations
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RUN_ACTIVE


def hold_environment(run: DeploymentRun) -> list[str]:
    """As `in_way`, with the environment's row locked after the run's, so that of two that start one sees the other."""
    Environment.objects.select_for_update(no_key=True).get(pk=run.environment_id)
    return in_way(run)


def in_way(run: DeploymentRun) -> list[str]:
    """A sentence for each run under way, if this one or that one has to be alone: who, and until when."""
    others = DeploymentRun.objects.filter(environment=run.environment_id, state__in=RUN_ACTIVE)
    if not run.is_exclusive:
        others = others.filter(is_exclusive=True)
    found = others.exclude(pk=run.pk).select_related("environment", "composed_by").order_by("pk")
    return [_sentence(run, other) for other in found]


def holder_of(environment_id: int) -> DeploymentRun | None:
    """The run that has the whole environment just now."""
    return DeploymentRun.objects.filter(
        environment=environment_id, state__in=RUN_ACTIVE, is_exclusive=True
    ).first()


def _sentence(run: DeploymentRun, other: DeploymentRun) -> str:
    said = (
        _("%(other)s by %(person)s has %(environment)s for itself until %(until)s.")
        if other.is_exclusive
        else _(
            "%(run)s needs %(environment)s for itself; %(other)s by %(person)s is under way "
            "there until %(until)s."
        )
    )
    return said % {
        "run": run,
        "other": other,
        "person": other.composed_by.name,
        "environment": other.environment.name,
        "until": expectations.end_in_words(other),
    }
