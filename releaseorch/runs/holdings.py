"""What runs know of people who leave and teams that retire: steps that wait for them."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releaseorch.accounts import holdings
from releaseorch.accounts.holdings import Holding
from releaseorch.accounts.models import Person, Team
from releaseorch.runs import progress
from releaseorch.runs.models import Step
from releaseorch.runs.services import manual
from releaseorch.runs.states import RUN_FINAL, STEP_OPEN, StepState


class Steps:
    """Steps that somebody has taken, or was given."""

    to_teams = True

    def held_by(self, person: Person) -> Iterable[Holding]:
        steps = Step.objects.filter(owner=person, state__in=[StepState.READY, StepState.CLAIMED])
        for step in steps.exclude(run__state__in=RUN_FINAL).select_related("run").order_by("run_id", "pk"):
            what = _("Step “%(step)s” of %(run)s") % {"step": step, "run": step.run}
            yield Holding("step", "step", step.pk, what)

    def hand_over(
        self, *, actor: Person, holding: Holding, leaver: Person, to: Person | Team, reason: str
    ) -> None:
        run = progress.locked(Step.objects.get(pk=holding.id).run_id)
        step = progress.step_now(holding.id)
        person, team = (None, to) if isinstance(to, Team) else (to, None)
        manual.give(actor, run, step, person, team, reason)


def ties_of(team: Team) -> list[str]:
    """Open steps are a team's until they are done."""
    steps = Step.objects.filter(team=team, state__in=STEP_OPEN).exclude(run__state__in=RUN_FINAL)
    runs = sorted(set(steps.values_list("run_id", flat=True)))
    if not runs:
        return []
    sentence = ngettext(
        "%(team)s has open steps in run %(runs)s.", "%(team)s has open steps in runs %(runs)s.", len(runs)
    )
    return [sentence % {"team": team, "runs": ", ".join(f"#{pk}" for pk in runs)}]


def register() -> None:
    holdings.register("step", Steps())
    holdings.register_ties("steps", ties_of)
