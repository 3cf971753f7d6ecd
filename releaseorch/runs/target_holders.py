"""What keeps a target or an environment from being retired: runs that are not over and still have work there."""

from django.utils.translation import gettext as _

from releaseorch.catalog import holders as catalog_holders
from releaseorch.catalog.models import Retirable
from releaseorch.environments import holders
from releaseorch.environments.models import Environment, Target
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import RUN_FINAL, STEP_OPEN


def register() -> None:
    holders.register("runs", runs_on)
    catalog_holders.register("runs", runs_in)


def runs_in(row: Retirable) -> list[str]:
    """Those that carry out nothing yet have requests too, which are named besides."""
    if not isinstance(row, Environment):
        return []
    runs = DeploymentRun.objects.filter(environment=row).exclude(state__in=RUN_FINAL).order_by("pk")
    return [_("%(run)s leads to %(environment)s.") % {"run": run, "environment": row} for run in runs]


def runs_on(target: Target) -> list[str]:
    steps = Step.objects.filter(target=target, state__in=STEP_OPEN).exclude(run__state__in=RUN_FINAL)
    runs = {step.run for step in steps.select_related("run")}
    return [
        _("%(run)s still has steps on %(target)s.") % {"run": run, "target": target}
        for run in sorted(runs, key=lambda run: run.pk)
    ]
