"""Who may do which verb with a request, and in which states: services refuse by it, pages draw buttons by it."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.catalog.models import Application
from releaseorch.core.errors import Conflict, NotAllowed
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import REQUEST_EDITABLE, REQUEST_MOVES, RequestState
from releaseorch.environments.models import Environment

EDITING = frozenset({"edit", "add_item", "remove_item", "move_item"})
DRAFTING = EDITING | {"submit", "withdraw"}
STATES: dict[str, frozenset[str]] = {
    **{verb: entry.sources for verb, entry in REQUEST_MOVES.items()},
    **{verb: frozenset(str(state) for state in REQUEST_EDITABLE) for verb in EDITING},
    "consent_late": frozenset({str(RequestState.SUBMITTED), str(RequestState.SENT_BACK)}),
    "comment": frozenset(str(state) for state in RequestState),
}
PEOPLE_ONLY = frozenset({"approve", "consent_late", "send_back", "reject"})
_DONE: dict[str, Any] = {
    "edit": gettext_lazy("edited"),
    "add_item": gettext_lazy("edited"),
    "remove_item": gettext_lazy("edited"),
    "move_item": gettext_lazy("edited"),
    "submit": gettext_lazy("submitted"),
    "withdraw": gettext_lazy("withdrawn"),
    "approve": gettext_lazy("approved"),
    "send_back": gettext_lazy("sent back"),
    "reject": gettext_lazy("rejected"),
    "consent_late": gettext_lazy("let in"),
    "retry": gettext_lazy("tried again"),
}


def scope_at(application: Application, environment: Environment) -> Scope:
    return Scope.of(teams=[application.team_id], application=application.pk, environment=environment.pk)


def scope_of(request: DeploymentRequest) -> Scope:
    return Scope.of(
        teams=[request.application.team_id],
        application=request.application_id,
        environment=request.environment_id,
    )


def why_not_theirs(person: Person, verb: str, request: DeploymentRequest) -> str:
    """The empty text when `person` may do this verb in some state, else who may."""
    permission = "request.edit" if verb in EDITING else f"request.{verb}"
    if verb in PEOPLE_ONLY and person.is_robot:
        return _("A robot decides nothing about requests.")
    if verb == "approve" and policy.grants_of(person):
        return ""  # any role anywhere: the slots say whose word it needs
    if verb == "consent_late" and person.pk in (request.requester_id, request.filed_by_id):
        return _("Nobody lets in what they filed late themselves. Another release manager does it.")
    reason = policy.why_not(person, permission, scope_of(request))
    if reason or verb not in DRAFTING or request.state != RequestState.DRAFT:
        return reason
    if person.pk in (request.requester_id, request.filed_by_id):
        return ""
    if request.application.team_id in policy.team_ids(person):
        return ""
    return _("Only %(requester)s and the team %(team)s work on this draft.") % {
        "requester": request.requester,
        "team": request.application.team,
    }


def why_not_now(verb: str, request: DeploymentRequest) -> str:
    """The empty text when the state allows the verb, else the state in words."""
    if request.state in STATES[verb]:
        return ""
    return not_now(verb, request)


def not_now(verb: str, request: DeploymentRequest) -> str:
    done = _DONE.get(verb) or _("moved on")
    return _("Request #%(id)d can't be %(done)s: it is %(state)s.") % {
        "id": request.pk,
        "done": done,
        "state": RequestState(request.state).label,
    }


def demand(person: Person, verb: str, request: DeploymentRequest, seen: int | None) -> None:
    """Refuse a stale page or the wrong state (`Conflict`), or a person who may not (`NotAllowed`)."""
    reason = why_not_theirs(person, verb, request)
    if reason:
        raise NotAllowed(reason)
    request.check_version(seen)
    reason = why_not_now(verb, request)
    if reason:
        raise Conflict(reason)
