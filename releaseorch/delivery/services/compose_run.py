"""Group approved requests of one environment in a run, with its plan computed at once."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releaseorch.accounts import policy as rights
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.core import clock
from releaseorch.core.checked import cleaned
from releaseorch.core.errors import Conflict, Invalid
from releaseorch.delivery import composing, guards, run_changes, run_waits
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.runs.models import DeploymentRun


def compose_run(
    *,
    actor: Person,
    requests: Sequence[DeploymentRequest],
    title: str = "",
    window_from: datetime | None = None,
    window_until: datetime | None = None,
) -> DeploymentRun:
    """A draft run that holds the requests, all or none of them.

    Raises `Invalid` for no request, several environments or a window that can't be, `Conflict` naming every request
    that isn't approved or is held by another run. Conflicts inside the plan don't stop a draft; they refuse `propose`.
    """
    chosen = read_again(requests)
    if not chosen:
        raise Invalid({"requests": _("Select at least one approved request.")})
    if len({request.environment_id for request in chosen}) > 1:
        named = ", ".join(sorted({str(request.environment) for request in chosen}))
        raise Invalid(
            {"requests": _("A run has one environment; these requests are for %(named)s.") % {"named": named}}
        )
    environment = chosen[0].environment
    rights.require(actor, "run.create", Scope.of(environment=environment.pk))
    check_window(window_from, window_until)
    problems = problems_of(chosen)
    if problems:
        raise Conflict(" ".join(problems.values()))
    run = cleaned(
        DeploymentRun(
            environment=environment,
            title=title.strip() or _title(chosen),
            composed_by=actor,
            edited_by=actor,
            window_from=window_from,
            window_until=window_until,
            guards=list(guards.NAMES),
        ),
        "guards",
        "state",
    )
    with transaction.atomic():
        run.save()
        run_changes.put_in_run(actor=actor, run=run, requests=chosen)
        composition = composing.composition_of(environment, chosen)
        composing.write(run, composition)
        run_waits.update(run, [])
        run_changes.tell_run(
            actor=actor,
            verb="run.created",
            run=run,
            requests=chosen,
            after={
                "requests": [request.pk for request in chosen],
                "steps": len(composition.plan.steps),
                "conflicts": [conflict.sentence for conflict in composition.conflicts],
            },
        )
    return run


def problems_of(requests: Sequence[DeploymentRequest]) -> dict[int, str]:
    """Request id → why it can't be put in a run now; requests that can are left out."""
    found: dict[int, str] = {}
    for request in requests:
        if request.run_id is not None and not request.is_final and request.state != RequestState.FAILED:
            found[request.pk] = _("%(request)s is in %(run)s already.") % {
                "request": request,
                "run": request.run,
            }
        elif request.state != RequestState.APPROVED:
            found[request.pk] = _("%(request)s is %(state)s; only approved requests go into a run.") % {
                "request": request,
                "state": request.get_state_display(),
            }
    return found


def check_window(window_from: datetime | None, window_until: datetime | None) -> None:
    """Raise `Invalid` unless the window lasts and isn't over."""
    if window_until is None:
        return
    if window_until <= clock.now():
        raise Invalid({"window_until": _("This window is over already.")})
    if window_from is not None and window_until <= window_from:
        raise Invalid({"window_until": _("The window must end after it begins.")})


def read_again(requests: Sequence[DeploymentRequest]) -> list[DeploymentRequest]:
    """As they are now, oldest first."""
    found = DeploymentRequest.objects.filter(pk__in=[request.pk for request in requests]).order_by("pk")
    return list(found.select_related("application", "environment", "release", "requester", "run"))


def _title(requests: Sequence[DeploymentRequest]) -> str:
    environment = requests[0].environment
    releases = {str(request.release) for request in requests if request.release}
    if len(requests) == 1 and requests[0].title:
        return requests[0].title
    if len(releases) == 1 and all(request.release for request in requests):
        what = releases.pop()
    elif len(requests) <= 3:
        what = ", ".join(sorted({str(request.application) for request in requests}))
    else:
        what = ngettext("%(count)d request", "%(count)d requests", len(requests)) % {"count": len(requests)}
    return _("%(what)s to %(environment)s") % {"what": what[:120], "environment": environment.name[:60]}
