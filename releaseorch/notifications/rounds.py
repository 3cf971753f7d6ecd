"""What no event tells: a step by hand waits to be taken, a run starts within the hour."""

from datetime import timedelta
from random import SystemRandom
from typing import TypeVar

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from releaseorch.accounts.roles import Role
from releaseorch.catalog.states import StepKind
from releaseorch.core import clock
from releaseorch.notifications import audience, inbox, run_news, step_news
from releaseorch.notifications.inbox import News
from releaseorch.notifications.kinds import Kind
from releaseorch.notifications.models import InboxEntry
from releaseorch.runs import rights, waits
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.rows import WITH_NAMES
from releaseorch.runs.states import RunState, StepState
from releaseorch.waiting.models import Interval

T = TypeVar("T")
EVERY_S = 5.0
SOON = timedelta(hours=1)
STILL_NEWS = timedelta(hours=1)  # when nobody can be told, it isn't tried for ever
MOST = 200  # in one round
some = SystemRandom().sample  # not the first: what reaches nobody is tried again, and holds up no other


def tell() -> int:
    return steps_to_take() + runs_that_start_soon()


def steps_to_take() -> int:
    """Each step by hand that has waited for less than an hour, once; one that was handed back is told anew.

    A wait begins anew when its run is resumed, so what became ready before a long pause is told after it.
    """
    lately = clock.now() - STILL_NEWS
    waits_since = Interval.objects.filter(
        subject_kind="step", is_primary=True, ended_at=None, started_at__gt=lately
    )
    ready = Step.objects.filter(
        Q(ready_at__gt=lately) | Q(pk__in=waits_since.values("subject_id")),
        state=StepState.READY,
        kind=StepKind.MANUAL,
        run__state=RunState.RUNNING,
    )
    found = _untold({step_news.once(one): one.pk for one in ready.only("token", "owner")})
    steps = ready.filter(pk__in=found.values()).select_related(*WITH_NAMES, "run__environment")
    told = [(step, step_news.once(step)) for step in steps.order_by("ready_at", "pk")]
    return sum(inbox.write([_step_news(step, same)], once=same) for step, same in told)


def runs_that_start_soon() -> int:
    now = clock.now()
    runs = DeploymentRun.objects.filter(
        state=RunState.SCHEDULED, window_from__gt=now, window_from__lte=now + SOON
    ).select_related("environment")
    soon = {f"run:{run.pk}:{run.window_from:%Y-%m-%dT%H:%M}": run for run in runs}
    return sum(inbox.write(list(_run_news(run, same)), once=same) for same, run in _untold(soon).items())


def _untold(found: dict[str, T]) -> dict[str, T]:
    """Those that nobody was told of yet, as many as one round takes."""
    told = set(InboxEntry.objects.filter(once__in=list(found)).values_list("once", flat=True))
    untold = [one for one in found.items() if one[0] not in told]
    return dict(untold if len(untold) <= MOST else some(untold, MOST))


def _step_news(step: Step, same: str) -> News:
    said = {"step": step, "run": step.run}
    if step.owner_id is not None:
        sentence, why = _("Step %(step)s of %(run)s waits for you."), _("It is yours.")
        return step_news.news(step, Kind.STEP_YOURS, [step.owner_id], sentence % said, why, same)
    sentence = _("Step %(step)s of %(run)s can be taken.") % said
    team = waits.team_of(step)
    if team is not None:
        why = _("%(team)s does this step.") % {"team": team.name}
        return step_news.news(step, Kind.STEP_YOURS, audience.members([team.pk]), sentence, why, same)
    operators = audience.with_role([Role.OPERATOR], rights.scope_of_step(step, step.run))
    return step_news.news(
        step, Kind.STEP_YOURS, operators, sentence, _("No team has it, so operators take it."), same
    )


def _run_news(run: DeploymentRun, same: str) -> list[News]:
    assert run.window_from is not None
    at = date_format(localtime(run.window_from), "H:i")
    sentence = _("%(run)s starts at %(at)s in %(environment)s.")
    said = {"run": run, "at": at, "environment": run.environment}
    return list(
        run_news.for_its_people(run, Kind.RUN_SOON, sentence % said, also=audience.at_hand(run), once=same)
    )
