"""What a person may do with a run, or why not; draws the buttons and answers the API."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.core.actions import Action, Field
from releaseorch.runs import bounds, exclusive, guards, rights
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.services import endings, starting
from releaseorch.runs.states import RUN_MOVES, RunState

Maker = Callable[[DeploymentRun, Person], Action]


def actions_for(run: DeploymentRun, person: Person) -> list[Action]:
    """The verbs that the run's state allows, each with the sentence why this person can't, if so."""
    return [maker(run, person) for verb, maker in _MAKERS if _allows(run, verb)]


def _allows(run: DeploymentRun, verb: str) -> bool:
    if verb == "finish":
        return run.state == RunState.RUNNING and bool(bounds.in_force(run))
    if verb == "limit":
        return not run.is_final
    names = {"cancel": ("cancel", "begin_cancel")}.get(verb, (verb,))
    return verb == "comment" or any(run.state in RUN_MOVES[name].sources for name in names)


def url_of(run: DeploymentRun, verb: str) -> str:
    return f"/runs/{run.pk}/{verb}"


def _start(run: DeploymentRun, person: Person) -> Action:
    why_not = _why_not(run, person, "run.start") or " ".join(
        [*guards.reasons(run), *exclusive.in_way(run), *starting.blockers(run)]
    )
    return Action(
        "start", _("Start"), url_of(run, "start"), not why_not, why_not, primary=True, version=run.row_version,
        consequence=_("Steps that wait for nothing begin at once."),
    )  # fmt: skip


def _pause(run: DeploymentRun, person: Person) -> Action:
    why_not = _why_not(run, person, "run.pause")
    return Action(
        "pause", _("Pause"), url_of(run, "pause"), not why_not, why_not, version=run.row_version, fields=_why(),
        consequence=_("What is under way may finish; nothing more begins."),
    )  # fmt: skip


def _finish(run: DeploymentRun, person: Person) -> Action:
    why_not = _why_not(run, person, "run.finish")
    return Action(
        "finish", _("Let it finish"), url_of(run, "finish"), not why_not, why_not, primary=True, needs_reason=True,
        version=run.row_version,
        consequence=_("All its steps go on to the end, whatever its window or a freeze says, unless it is paused."),
    )  # fmt: skip


def _resume(run: DeploymentRun, person: Person) -> Action:
    why_not = _why_not(run, person, "run.resume")
    return Action(
        "resume",
        _("Resume"),
        url_of(run, "resume"),
        not why_not,
        why_not,
        primary=True,
        fields=_why(),
        version=run.row_version,
        consequence=_("It goes on where it was."),
    )


def _why() -> tuple[Field, ...]:
    """A reason that may be left out."""
    return (Field("reason", _("Reason, kept in the audit"), kind="textarea"),)


def _limit(run: DeploymentRun, person: Person) -> Action:
    why_not = _why_not(run, person, "run.limit")
    at_once = Field("steps_at_once", _("Steps at once"), str(run.steps_at_once or ""), kind="number",
                    help=_("Empty: as many as there are."))  # fmt: skip
    return Action(
        "limit", _("Limit steps at once"), url_of(run, "limit"), not why_not, why_not, version=run.row_version,
        fields=(at_once,),
        consequence=_("At most so many of its tools work at the same time; what is at work goes on."),
    )  # fmt: skip


def _stop(run: DeploymentRun, person: Person) -> Action:
    why_not = _why_not(run, person, "run.stop") or " ".join(endings.why_not_stop(run))
    return Action(
        "stop", _("Stop the run"), url_of(run, "stop"), not why_not, why_not, needs_reason=True,
        version=run.row_version,
        consequence=_("Ends the run here: what has not started is cancelled, and its components are free."),
    )  # fmt: skip


def _cancel(run: DeploymentRun, person: Person) -> Action:
    why_not = _why_not(run, person, "run.cancel")
    consequence = (
        _(
            "What runs is asked to stop; what has not started is cancelled. "
            "A step whose outcome nobody knows stays open until somebody decides."
        )
        if run.is_active
        else _("The run is given up; its requests wait for another run.")
    )
    return Action(
        "cancel", _("Cancel the run"), url_of(run, "cancel"), not why_not, why_not, needs_reason=True,
        version=run.row_version, consequence=consequence,
    )  # fmt: skip


def _comment(run: DeploymentRun, person: Person) -> Action:
    why_not = _why_not(run, person, "run.comment")
    text = Field("text", _("Comment"), kind="textarea", required=True)
    return Action("comment", _("Comment"), url_of(run, "comment"), not why_not, why_not, fields=(text,))


def _why_not(run: DeploymentRun, person: Person, permission: str) -> str:
    return policy.why_not(person, permission, rights.scope_of_run(run))


_MAKERS: tuple[tuple[str, Maker], ...] = (
    ("start", _start),
    ("finish", _finish),
    ("resume", _resume),
    ("pause", _pause),
    ("limit", _limit),
    ("stop", _stop),
    ("cancel", _cancel),
    ("comment", _comment),
)
