"""How every edit of a draft's plan is made: checked, tried on the plan as it stands, written, kept with its reason."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.core.checked import reason_text
from releaseorch.core.errors import NotAllowed
from releaseorch.delivery import composing, plan_edits, run_changes, run_waits
from releaseorch.delivery.composing import Composition, Origin
from releaseorch.delivery.models import PlanEdit
from releaseorch.delivery.states import EditKind
from releaseorch.runs import plans
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.plans import PlanIn

StepRef = Step | str


def key_of(step: StepRef) -> str:
    """The key of a step, which stays when the plan is written anew (its id doesn't)."""
    return step if isinstance(step, str) else step.key


def keys_of(steps: Sequence[StepRef]) -> list[str]:
    return list(dict.fromkeys(key_of(step) for step in steps))


def check(actor: Person, run: DeploymentRun, seen: int | None) -> PlanIn:
    """Refuse whoever may not edit, an old picture and a fixed plan; the plan as it stands otherwise."""
    run_changes.check(actor, "run.edit", run, seen)
    run_changes.require_draft(run)
    return plans.read_plan(run)


def make(
    *,
    actor: Person,
    run: DeploymentRun,
    plan: PlanIn,
    kind: EditKind,
    payload: dict[str, Any],
    summary: str,
    reason: str,
) -> DeploymentRun:
    """Write the edited plan and the edit; the actor becomes the last editor, who doesn't approve this plan."""
    said = reason_text(reason)
    edited = plan_edits.apply(plan, kind, payload, said)
    with transaction.atomic():
        run.edited_by = actor
        run.save(update_fields=["edited_by"])
        origins = composing.origins_of(run)
        _refuse_empty_requests(run, edited, origins)
        before = plans.digest(plan)
        composing.write(run, Composition(edited, edited, origins=origins))
        PlanEdit.objects.create(
            run=run, kind=kind, payload=payload, summary=summary[:500], reason=said, person=actor
        )
        requests = composing.requests_of(run)
        run_waits.update(run, requests)
        run_changes.tell_run(
            actor=actor,
            verb="run.plan_edited",
            run=run,
            requests=requests,
            before={"plan": before},
            after={"plan": plans.digest(edited), "edit": str(kind), "what": summary, **payload},
            reason=said,
        )
    return run


def _refuse_empty_requests(run: DeploymentRun, edited: PlanIn, origins: dict[str, list[Origin]]) -> None:
    """A request of which nothing is left would end as deployed without a single step: take it out instead."""
    left = composing.requests_without_steps(
        Composition(edited, edited, origins=origins), composing.requests_of(run)
    )
    if left:
        raise NotAllowed(
            *(
                _("Nothing would be left of %(request)s. Take the request out instead.") % {"request": one}
                for one in left
            )
        )
