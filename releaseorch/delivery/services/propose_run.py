"""Fix the plan of a draft and ask for its approval."""

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core.errors import NotAllowed
from releaseorch.core.transitions import go
from releaseorch.delivery import composing, run_changes, run_waits
from releaseorch.delivery.composing import Composition
from releaseorch.delivery.gates import rules_unkept
from releaseorch.policies.models import Stage
from releaseorch.runs import plans
from releaseorch.runs.models import DeploymentRun


def propose_run(*, actor: Person, run: DeploymentRun, seen: int | None = None) -> DeploymentRun:
    """From now on the requests are planned, and approvals are bound to the plan's digest and to this round.

    Raises `NotAllowed` with every conflict that blocks, with each rule that isn't kept and blocks here, and when the
    plan isn't what would be computed now.
    """
    run_changes.check(actor, "run.propose", run, seen)
    with transaction.atomic():
        go(run, "propose")
        plan = plans.read_plan(run)
        run.plan_digest = plans.digest(plan)
        run.save(update_fields=["state", "plan_digest", "proposed_at", "round"])
        requests = composing.requests_of(run)
        refuse(run, composing.composition_of(run.environment, requests, composing.edits_of(run)))
        unkept = rules_unkept(requests, Stage.PROPOSE)
        if unkept:
            raise NotAllowed(*unkept)
        run_changes.plan_requests(actor=actor, run=run, requests=requests)
        run_waits.update(run, requests)
        run_changes.tell_run(
            actor=actor,
            verb="run.proposed",
            run=run,
            requests=requests,
            after={"plan": run.plan_digest, "round": run.round, "requests": [one.pk for one in requests]},
        )
    return run


def refuse(run: DeploymentRun, present: Composition) -> None:
    """Raise `NotAllowed` unless the plan in the rows (its digest is on the run) can be proposed as it is."""
    if present.blocks:
        raise NotAllowed(*(f"{conflict.sentence} {conflict.helps}" for conflict in present.blocks))
    if not any(step.is_needed for step in present.plan.steps):
        raise NotAllowed(_("Nothing is left to do in this plan: there is no step, or each is not needed."))
    if plans.digest(present.plan) != run.plan_digest:
        raise NotAllowed(
            _(
                "Since this plan was computed, the inventory or what it is made of has changed. Compute it again."
            )
        )
