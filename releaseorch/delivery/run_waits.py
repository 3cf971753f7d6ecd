"""What a run waits for before it starts, and what its requests wait for: written to the ledger with each verb."""

from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext as _

from releaseorch.accounts.roles import Role
from releaseorch.delivery import approvals
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from releaseorch.waiting import ledger
from releaseorch.waiting.ledger import WaitsFor
from releaseorch.waiting.models import Blocker


def update(run: DeploymentRun, requests: Iterable[DeploymentRequest]) -> None:
    """Say anew what the run and the requests that it holds wait for; inside the verb's transaction."""
    blocker = of_run(run)
    if blocker is not None:
        ledger.wait("run", run.pk, blocker)
    for request in requests:
        ledger.wait("request", request.pk, of_held_request(run, request))


def end(run: DeploymentRun) -> None:
    """The run is over: it waits for nothing."""
    ledger.end("run", [run.pk])


def for_a_run(request: DeploymentRequest) -> WaitsFor:
    """What an approved request waits for while no run holds it."""
    sentence = _("Waits for a release manager to put it in a run.")
    return WaitsFor(Blocker.ROLE, str(Role.RELEASE_MANAGER.label), sentence)


def of_run(run: DeploymentRun) -> WaitsFor | None:
    """The blocker of a run that hasn't started; None afterwards (the engine says what a live run waits for)."""
    if run.state == RunState.DRAFT:
        return _for_the_composer(run)
    if run.state == RunState.PROPOSED:
        return _for_approval(run)
    if run.state == RunState.APPROVED:
        return WaitsFor(
            Blocker.ROLE,
            str(Role.RELEASE_MANAGER.label),
            _("Waits for a release manager or operator to start it."),
        )
    if run.state == RunState.SCHEDULED:
        return WaitsFor(
            Blocker.WINDOW, str(run), _("Waits for its window, from %(at)s.") % {"at": _moment(run)}
        )
    return None


def of_held_request(run: DeploymentRun, request: DeploymentRequest) -> WaitsFor:
    """The run, with what the run itself waits for."""
    if request.state == RequestState.DEPLOYING:
        sentence = _("Is being deployed by %(run)s.")
    else:
        sentence = {
            RunState.DRAFT: _("Waits for %(who)s to propose %(run)s."),
            RunState.PROPOSED: _("Waits for the approval of %(run)s."),
            RunState.APPROVED: _("Waits for %(run)s to be started."),
            RunState.SCHEDULED: _("Waits for the window of %(run)s."),
        }.get(RunState(run.state), _("Waits for %(run)s."))
    said = sentence % {"run": run, "who": run.edited_by.name}
    return WaitsFor(Blocker.RUN, str(run), said, id=run.pk)


def _for_the_composer(run: DeploymentRun) -> WaitsFor:
    who = run.edited_by
    return WaitsFor(
        Blocker.PERSON, who.name, _("Waits for %(who)s to propose it.") % {"who": who.name}, id=who.pk
    )


def _for_approval(run: DeploymentRun) -> WaitsFor:
    slot = next((slot for slot in approvals.slots_of_run(run) if slot.missing), None)
    if slot is None:
        return WaitsFor(Blocker.POLICY, str(run), _("Waits for its approval."))
    kind = Blocker.TEAM if slot.spec.team_id is not None else Blocker.ROLE
    sentence = _("Waits for the approval of %(slot)s.") % {"slot": slot.name}
    return WaitsFor(kind, slot.who, sentence, id=slot.spec.team_id)


def _moment(run: DeploymentRun) -> str:
    return timezone.localtime(run.window_from).strftime("%Y-%m-%d %H:%M") if run.window_from else "?"
