"""What keeps a target from being retired: runs that are not over and still have work on it."""

from django.utils.translation import gettext as _

from releaseorch.environments import holders
from releaseorch.environments.models import Target
from releaseorch.runs.models import Step
from releaseorch.runs.states import RUN_FINAL, STEP_OPEN


def register() -> None:
    holders.register("runs", runs_on)


def runs_on(target: Target) -> list[str]:
    steps = Step.objects.filter(target=target, state__in=STEP_OPEN).exclude(run__state__in=RUN_FINAL)
    runs = {step.run for step in steps.select_related("run")}
    return [
        _("%(run)s still has steps on %(target)s.") % {"run": run, "target": target}
        for run in sorted(runs, key=lambda run: run.pk)
    ]
