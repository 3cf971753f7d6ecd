"""Give an approved run its time."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core import clock
from releaseorch.core.errors import Invalid, NotAllowed
from releaseorch.core.transitions import go
from releaseorch.delivery import composing, run_changes, run_waits
from releaseorch.delivery.services.compose_run import check_window
from releaseorch.runs.models import DeploymentRun


def schedule_run(
    *,
    actor: Person,
    run: DeploymentRun,
    seen: int | None = None,
    window_from: datetime | None = None,
    window_until: datetime | None = None,
) -> DeploymentRun:
    """approved → scheduled, in the window given, else in the one that was approved with it."""
    run_changes.check(actor, "run.schedule", run, seen)
    begins, ends = window_from or run.window_from, window_until or run.window_until
    if begins is None:
        raise Invalid({"window_from": _("Say when the window begins.")})
    if run.window_from is not None and (begins, ends) != (run.window_from, run.window_until):
        raise NotAllowed(
            _("The window was approved together with the plan. Unlock the run to choose another one.")
        )
    if ends is None and begins <= clock.now():
        raise Invalid({"window_from": _("This moment is over already.")})
    check_window(begins, ends)
    with transaction.atomic():
        go(run, "schedule")
        run.window_from, run.window_until = begins, ends
        run.save(update_fields=["state", "window_from", "window_until"])
        requests = composing.requests_of(run)
        run_waits.update(run, requests)
        run_changes.tell_run(
            actor=actor,
            verb="run.scheduled",
            run=run,
            requests=requests,
            after={
                "window_from": begins.isoformat(),
                "window_until": ends.isoformat() if ends else None,
            },
        )
    return run
