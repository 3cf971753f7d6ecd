"""Change the title and the window of a draft, and whether it demands the whole environment."""

from datetime import datetime

from django.db import transaction

from releaseorch.accounts.models import Person
from releaseorch.core.checked import cleaned
from releaseorch.delivery import run_changes
from releaseorch.delivery.drafts import UNSET, Unset
from releaseorch.delivery.services.compose_run import check_window
from releaseorch.runs.models import DeploymentRun


def edit_run(
    *,
    actor: Person,
    run: DeploymentRun,
    seen: int | None = None,
    title: str | Unset = UNSET,
    window_from: datetime | Unset | None = UNSET,
    window_until: datetime | Unset | None = UNSET,
    is_exclusive: bool | Unset = UNSET,
) -> DeploymentRun:
    """What is given is changed; what the run does stays, so it counts as no edit of the plan."""
    run_changes.check(actor, "run.edit", run, seen)
    run_changes.require_draft(run)
    given: dict[str, object] = {
        "title": title, "window_from": window_from, "window_until": window_until, "is_exclusive": is_exclusive,
    }  # fmt: skip
    changes = {name: value for name, value in given.items() if value is not UNSET}
    before = {name: _shown(getattr(run, name)) for name in changes}
    for name, value in changes.items():
        setattr(run, name, value)
    check_window(run.window_from, run.window_until)
    cleaned(run, "guards", "state")
    with transaction.atomic():
        run.save(update_fields=list(changes))
        run_changes.tell_run(
            actor=actor,
            verb="run.edited",
            run=run,
            before=before,
            after={name: _shown(value) for name, value in changes.items()},
        )
    return run


def _shown(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
