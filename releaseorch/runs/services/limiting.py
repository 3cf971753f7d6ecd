"""Limits on steps at once: that of a run, and what runs do when those of their environment change.

A lower one stops nothing: places are given back as steps end. With a higher one the next steps begin at once.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.audit import events
from releaseorch.core.checked import cleaned
from releaseorch.core.errors import Conflict
from releaseorch.runs import limits, progress, rights
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RUN_ACTIVE, RunState, StepState

# Those that are being started in this moment are waited for: they have read the limits as they were.
MET = frozenset({RunState.APPROVED, RunState.SCHEDULED}) | RUN_ACTIVE


def limit_run(
    *, actor: Person, run: DeploymentRun, seen: int | None = None, steps_at_once: int | None
) -> DeploymentRun:
    """At most so many of its tools work at once, None = as many as there are; also while it is under way.

    Raises `NotAllowed`, `Invalid`, `Conflict` when it is over.
    """
    run.check_version(seen)
    with transaction.atomic():
        progress.locked(run.pk)
        rights.require_run(actor, "run.limit", run)
        if run.is_final:
            raise Conflict(_("%(run)s is %(state)s now.") % {"run": run, "state": run.get_state_display()})
        before, run.steps_at_once = run.steps_at_once, steps_at_once
        cleaned(run, "guards", "state")
        run.save(update_fields=["steps_at_once"])
        events.record(
            actor=actor, verb="run.limited", subject=run, topics=progress.topics(run.pk),
            before={"steps_at_once": before}, after={"steps_at_once": steps_at_once},
        )  # fmt: skip
        if run.is_active:
            _go_by_limits([run])
    return run


@contextmanager
def following(environment_id: int) -> Iterator[None]:
    """Around a change of a limit in an environment: its runs go by the new one from this moment on."""
    met = DeploymentRun.objects.select_related("environment").filter(state__in=MET)
    here = met.filter(environment_id=environment_id).select_for_update(of=("self",))
    runs = list(here.order_by("pk"))
    yield
    _go_by_limits([run for run in runs if run.is_active])


def _go_by_limits(runs: Iterable[DeploymentRun]) -> None:
    active = list(runs)
    limits.mark(active)
    for run in active:
        progress.announce(run, run.steps.filter(state=StepState.READY).values_list("pk", flat=True))
        progress.end_or_wait(run)
