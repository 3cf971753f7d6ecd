"""Put approved requests into a draft run, whose plan is computed anew with them."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core.errors import Conflict, Invalid
from releaseorch.delivery import composing, run_changes, run_waits
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.services.compose_run import problems_of, read_again
from releaseorch.delivery.services.replan_run import Replanned
from releaseorch.runs import plans
from releaseorch.runs.models import DeploymentRun


def add_request(
    *, actor: Person, run: DeploymentRun, requests: Sequence[DeploymentRequest], seen: int | None = None
) -> Replanned:
    """All of them or none. The actor becomes the last editor, who doesn't approve this plan.

    Edits are made again where they still fit. Raises `Invalid` for no request or another environment, `Conflict` when
    the plan is fixed, or naming every request that isn't approved or is in a run already.
    """
    run_changes.check(actor, "run.edit", run, seen)
    run_changes.require_draft(run)
    chosen = read_again(requests)
    _refuse(run, chosen)
    with transaction.atomic():
        run.edited_by = actor
        run.save(update_fields=["edited_by"])
        before = plans.digest(plans.read_plan(run))
        run_changes.put_in_run(actor=actor, run=run, requests=chosen)
        held = composing.requests_of(run)
        composition = run_changes.replanned(run, held)
        after, lost = plans.digest(composition.plan), run_changes.lost_edits(composition)
        run_waits.update(run, held)
        run_changes.tell_run(
            actor=actor,
            verb="run.request_added",
            run=run,
            requests=held,
            before={"plan": before},
            after={"requests": [request.pk for request in chosen], "plan": after, "lost": lost},
        )
    return Replanned(run, before != after, lost)


def _refuse(run: DeploymentRun, chosen: Sequence[DeploymentRequest]) -> None:
    if not chosen:
        raise Invalid({"request": _("Select at least one approved request.")})
    elsewhere = [request for request in chosen if request.environment_id != run.environment_id]
    if elsewhere:
        said = _("%(request)s is for %(there)s; this run is for %(here)s. Put it into a run of its own.")
        names = {"request": elsewhere[0], "there": elsewhere[0].environment, "here": run.environment}
        raise Invalid({"request": said % names})
    problems = problems_of(chosen)
    if problems:
        raise Conflict(" ".join(problems.values()))
