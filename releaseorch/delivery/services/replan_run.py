"""Compute a draft's plan anew, from what its requests and the inventory say now."""

from dataclasses import dataclass

from django.db import transaction

from releaseorch.accounts.models import Person
from releaseorch.delivery import composing, run_changes, run_waits
from releaseorch.runs import plans
from releaseorch.runs.models import DeploymentRun


@dataclass(frozen=True)
class Replanned:
    """The run, whether its plan is another one now, and a sentence per edit that didn't survive."""

    run: DeploymentRun
    has_changed: bool
    lost: list[str]


def replan_run(*, actor: Person, run: DeploymentRun, seen: int | None = None) -> Replanned:
    """Edits are made again where the steps they name still exist; the others are listed and kept as history."""
    run_changes.check(actor, "run.edit", run, seen)
    run_changes.require_draft(run)
    with transaction.atomic():
        run.save(update_fields=[])
        before = plans.digest(plans.read_plan(run))
        requests = composing.requests_of(run)
        composition = run_changes.replanned(run, requests)
        after, lost = plans.digest(composition.plan), run_changes.lost_edits(composition)
        run_waits.update(run, requests)
        run_changes.tell_run(
            actor=actor,
            verb="run.replanned",
            run=run,
            requests=requests,
            before={"plan": before},
            after={"plan": after, "lost": lost},
        )
    return Replanned(run, before != after, lost)
