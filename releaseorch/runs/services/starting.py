"""Starting a run: the only way in, through the guards, with the components it touches claimed."""

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.audit import events
from releaseorch.core.errors import Conflict, NotAllowed
from releaseorch.core.transitions import go
from releaseorch.runs import bounds, exclusive, expectations, guards, limits, progress, rights
from releaseorch.runs.models import DeploymentRun, RunTarget
from releaseorch.runs.states import RUN_MOVES, StepState
from releaseorch.runs.store import store


def start_run(*, actor: Person, run: DeploymentRun, seen: int | None = None) -> DeploymentRun:
    """Approved or scheduled → running: steps without predecessors become ready.

    Raises `NotAllowed` with the reasons of the guards, `Conflict` naming the run that holds one of its components, or
    the environment, if one of the two demands all of it.
    """
    run.check_version(seen)
    with transaction.atomic():
        progress.locked(run.pk)
        rights.require_run(actor, "run.start", run)
        _ask_guards(run)
        go(run, "start")
        if others := exclusive.hold_environment(run):
            raise Conflict(" ".join(others))
        bounds.reckon(run)
        run.save()
        hold_components(run, run.targets.all())
        limits.mark([run])
        events.record(actor=actor, verb="run.started", subject=run, topics=progress.topics(run.pk))
        _ready_first_steps(run)
        progress.end_or_wait(run)
    return run


def _ask_guards(run: DeploymentRun) -> None:
    refused = guards.reasons(run) if run.state in RUN_MOVES["start"].sources else []
    if refused:
        raise NotAllowed(*refused)


def blockers(run: DeploymentRun, among: QuerySet[RunTarget] | None = None) -> list[str]:
    """A sentence for each active run that holds a component of this one (of `among`): who, and until when."""
    wanted = (run.targets.all() if among is None else among).values("component_id")
    held = (
        RunTarget.objects.filter(is_active=True, environment_id=run.environment_id, component_id__in=wanted)
        .exclude(run=run)
        .select_related("component", "run__environment", "run__composed_by")
        .order_by("run_id", "component__name")
    )
    names: dict[DeploymentRun, list[str]] = {}
    for target in held:
        names.setdefault(target.run, []).append(target.component.name)
    return [_sentence(other, components) for other, components in names.items()]


def hold_components(run: DeploymentRun, among: QuerySet[RunTarget]) -> None:
    """Raises `Conflict` naming the runs that hold them; the run's row is locked."""
    reasons = blockers(run, among)
    if not reasons:
        try:
            with transaction.atomic():
                among.filter(is_active=False).update(is_active=True)
            return
        except IntegrityError:  # the other run started in this moment
            reasons = blockers(run, among) or [_("Another run took one of its components just now.")]
    raise Conflict(" ".join(reasons))


def _sentence(other: DeploymentRun, components: list[str]) -> str:
    return _("%(run)s by %(person)s holds %(components)s in %(environment)s until %(until)s.") % {
        "run": other,
        "person": other.composed_by.name,
        "components": ", ".join(components),
        "environment": other.environment.name,
        "until": expectations.end_in_words(other),
    }


def _ready_first_steps(run: DeploymentRun) -> None:
    """What waits for nothing is ready; a step that is not needed was never counted as a predecessor."""
    first = run.steps.filter(open_predecessors=0)
    ready = store().move_steps(
        "become_ready", first.filter(state=StepState.PENDING).values_list("pk", flat=True)
    )
    progress.announce(run, ready)
