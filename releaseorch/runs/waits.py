"""What a run and its steps wait for, in the words of the waiting ledger."""

from django.utils.translation import gettext as _

from releaseorch.accounts.models import Team
from releaseorch.accounts.roles import Role
from releaseorch.audit.models import Event
from releaseorch.catalog import deciding
from releaseorch.runs import additions, backoff, bounds, confirmations, limits
from releaseorch.runs.models import DeploymentRun, Step
from releaseorch.runs.states import RunState, StepState
from releaseorch.waiting.ledger import WaitsFor
from releaseorch.waiting.models import Blocker


def team_of(step: Step) -> Team | None:
    """The team that does the step: its own, else the one that owns the component's application."""
    if step.team is not None:
        return step.team
    return step.component.application.team if step.component is not None else None


def for_step(step: Step, run: DeploymentRun) -> WaitsFor | None:
    """None for a step that waits for nobody: not started, or over."""
    team = team_of(step)
    team_id = team.pk if team else None
    if step.state == StepState.READY:
        return _for_ready(step, run, team)
    if step.state == StepState.PROPOSED:
        return additions.waits_for(step)
    if step.state == StepState.CLAIMED and step.owner is not None:
        sentence = _("%(person)s works on it.") % {"person": step.owner.name}
        return WaitsFor(Blocker.PERSON, step.owner.name, sentence, step.owner.pk, team_id)
    if step.state == StepState.RUNNING:
        sentence = _("The tool %(tool)s works on it.") % {"tool": step.executor}
        return WaitsFor(Blocker.OUTSIDE, step.executor, sentence, None, team_id)
    if step.state == StepState.NEEDS_DECISION:
        return _for_decision(step, team_id)
    return None


def _for_decision(step: Step, team_id: int | None) -> WaitsFor:
    """Of a second person, if one is asked; one query."""
    confirmation = confirmations.asked([step.pk]).get(step.pk)
    if confirmation is not None:
        return confirmations.waits_for(confirmation, team_id)
    roles = deciding.deciding_roles(step.decision_rules)
    if roles == {Role.RELEASE_MANAGER}:
        return _for_role(Role.RELEASE_MANAGER, _("Needs a decision by a release manager."), team_id)
    if roles == {Role.OPERATOR}:
        return _for_role(Role.OPERATOR, _("Needs a decision by an operator."), team_id)
    return _for_role(Role.OPERATOR, _("Needs a decision by an operator or a release manager."), team_id)


def for_run(run: DeploymentRun, first: Step | None) -> WaitsFor | None:
    """What an active run waits for first; None before the start and after the end. Two queries at most."""
    if run.state == RunState.PAUSED:
        return _for_role(Role.OPERATOR, _paused(run))
    if run.state not in {RunState.RUNNING, RunState.CANCELLING}:
        return None
    if first is None:
        return _for_stuck(run)
    if run.is_held_up and first.state != StepState.NEEDS_DECISION:
        return _for_role(Role.RELEASE_MANAGER, _held_up(run))
    waits = for_step(first, run)
    if waits is None:
        return None
    sentence = _("Step %(step)s: %(why)s") % {"step": first, "why": waits.sentence}
    return WaitsFor(waits.kind, waits.name, sentence, waits.id, waits.team_id)


def _paused(run: DeploymentRun) -> str:
    """With the reason that was given, so that everybody who reads what the run waits for knows whether to resume."""
    events = Event.objects.filter(subject_kind="run", subject_id=run.pk, verb="run.paused")
    why = events.order_by("-id").values_list("reason", flat=True).first()
    if not why:
        return _("Is paused; waits for somebody to resume it.")
    return _("Is paused; waits for somebody to resume it: “%(why)s”") % {"why": " ".join(why.split())}


def _held_up(run: DeploymentRun) -> str:
    asks = _("Waits for a release manager to let the run finish, or to pause it.")
    return " ".join([bounds.why_nothing_begins(run), asks])


def _for_ready(step: Step, run: DeploymentRun, team: Team | None) -> WaitsFor:
    team_id = team.pk if team else None
    if run.state == RunState.PAUSED:
        return WaitsFor(Blocker.RUN, str(run), _("The run is paused."), run.pk, team_id)
    if stopped := bounds.in_force(run):
        return WaitsFor(stopped[0].kind, stopped[0].name, stopped[0].sentence, None, team_id)
    if backoff.is_waited_for(step):
        return WaitsFor(Blocker.WORKER, _("worker"), backoff.sentence(step), None, team_id)
    if not step.is_manual:
        if limit := limits.in_way_of(step, run):
            return WaitsFor(Blocker.LIMIT, limit.name, limit.sentence, None, team_id)
        return WaitsFor(Blocker.WORKER, _("worker"), _("Waits for a worker."), None, team_id)
    if step.owner is not None:
        sentence = _("Waits for %(person)s to take it.") % {"person": step.owner.name}
        return WaitsFor(Blocker.PERSON, step.owner.name, sentence, step.owner.pk, team_id)
    if team is not None:
        sentence = _("Waits for a person of %(team)s to take it.") % {"team": team.name}
        return WaitsFor(Blocker.TEAM, team.name, sentence, team.pk, team_id)
    return _for_role(Role.OPERATOR, _("Waits for an operator to take it."))


def _for_stuck(run: DeploymentRun) -> WaitsFor:
    failed = run.steps.filter(state=StepState.FAILED).order_by("number").first()
    sentence = _(
        "Nothing can go on after step %(step)s failed; waits for a release manager to stop the run."
    ) % {"step": failed or "?"}
    return _for_role(Role.RELEASE_MANAGER, sentence)


def _for_role(role: Role, sentence: str, team_id: int | None = None) -> WaitsFor:
    return WaitsFor(Blocker.ROLE, str(role.label), sentence, None, team_id)
