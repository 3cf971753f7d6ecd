"""What may keep a run from starting although its own plan is sound: other runs and reservations, said early."""

from django.utils.translation import gettext as _

from releaseorch.delivery import guards
from releaseorch.delivery.planning.plan import Conflict
from releaseorch.runs.models import DeploymentRun, RunTarget
from releaseorch.runs.states import RUN_ACTIVE, RUN_BEFORE_START


def warnings_of(run: DeploymentRun) -> list[Conflict]:
    """Nothing for a run that has started. Three queries."""
    if run.state not in RUN_BEFORE_START:
        return []
    return [*_other_runs(run), *_reservations(run)]


def _other_runs(run: DeploymentRun) -> list[Conflict]:
    """Runs under way or still to come that touch the same components here."""
    rows = (
        RunTarget.objects.filter(
            environment_id=run.environment_id,
            component_id__in=run.targets.values("component_id"),
            run__state__in=sorted(RUN_ACTIVE | RUN_BEFORE_START),
        )
        .exclude(run=run)
        .select_related("run", "component")
        .order_by("run_id", "component__name")
    )
    names: dict[DeploymentRun, list[str]] = {}
    for row in rows:
        if row.is_active or row.run.state in RUN_BEFORE_START:
            names.setdefault(row.run, []).append(row.component.name)
    return [_other_run(other, components) for other, components in names.items()]


def _other_run(other: DeploymentRun, components: list[str]) -> Conflict:
    said = _("%(run)s, which is %(state)s, touches %(components)s too.") % {
        "run": other,
        "state": other.get_state_display(),
        "components": ", ".join(components),
    }
    helps = _("Only one of them can run at a time: agree on the order.")
    return Conflict(kind="other-run", severity="warn", sentence=said, helps=helps)


def _reservations(run: DeploymentRun) -> list[Conflict]:
    helps = _("Start the run afterwards, or ask for it to be released.")
    return [
        Conflict(kind="reserved", severity="warn", sentence=guards.reserved_sentence(one), helps=helps)
        for one in guards.kept_by_others(run)
    ]
