"""Who may do what with a run and its steps: sentences for those who may not."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.accounts.roles import Role
from releaseorch.catalog import deciding
from releaseorch.core import checked
from releaseorch.core.errors import Invalid, NotAllowed
from releaseorch.runs import waits
from releaseorch.runs.models import DeploymentRun, Step

SHORTEST_REASON = 3


def scope_of_run(run: DeploymentRun) -> Scope:
    return Scope.of(environment=run.environment_id)


def scope_of_step(step: Step, run: DeploymentRun) -> Scope:
    """The step's team and the owning team, the application of its component, the environment of its run."""
    application = step.component.application if step.component is not None else None
    return Scope.of(
        teams=[step.team_id, application.team_id if application else None],
        application=application.pk if application else None,
        environment=run.environment_id,
    )


def require_run(person: Person, permission: str, run: DeploymentRun) -> None:
    policy.require(person, permission, scope_of_run(run))


def require_step(person: Person, permission: str, step: Step) -> None:
    policy.require(person, permission, scope_of_step(step, step.run))


def why_not_take(person: Person, step: Step) -> str:
    """Members of the step's team and operators may; empty when this person may."""
    team = waits.team_of(step)
    if team is not None and person.is_active and team.pk in policy.team_ids(person):
        return ""
    if policy.has_role(person, [Role.OPERATOR], scope_of_step(step, step.run)):
        return ""
    if team is None:
        return _("An operator takes this step.")
    return _("A member of %(team)s or an operator takes this step.") % {"team": team.name}


def why_not_owner(person: Person, step: Step) -> str:
    """Only who has taken a step says how it went."""
    if step.owner_id == person.pk:
        return ""
    owner = step.owner.name if step.owner else _("nobody")
    return _("Taken by %(owner)s, who says how it went; an operator can reassign it.") % {"owner": owner}


def why_not_hand_back(person: Person, step: Step) -> str:
    """The owner, or whoever may reassign it."""
    if step.owner_id == person.pk:
        return ""
    return why_not_reassign(person, step)


def why_not_decide(person: Person, step: Step, verb: str = "") -> str:
    """By `verb` (as `catalog.deciding` names them); without one: whether any decision is this person's."""
    if person.is_robot:  # what no machine may start again, none starts again in somebody's name
        return _("A person decides this; a robot never does.")
    why_not = policy.why_not(person, "step.decide", scope_of_step(step, step.run))
    if why_not or not step.decision_rules:
        return why_not
    if verb:
        return _why_not_by_procedure(person, step, verb)
    roles = deciding.deciding_roles(step.decision_rules)
    if policy.has_role(person, roles, scope_of_step(step, step.run)):
        return ""
    return _("The procedure of this step leaves every decision on it to others: %(roles)s.") % {
        "roles": ", ".join(sorted(str(role.label).lower() for role in roles))
    }


def why_not_try_again(person: Person, steps: Iterable[Step]) -> str:
    """Of steps that begin again together: the first that was tried, and that this person may not try again."""
    for step in steps:
        if step.started_at is not None and (why_not := why_not_decide(person, step, "retry")):
            return _("Step %(step)s: %(why)s") % {"step": step, "why": why_not}
    return ""


def _why_not_by_procedure(person: Person, step: Step, verb: str) -> str:
    """What the step's procedure says for this environment; empty when it leaves the verb to this person."""
    rules = step.decision_rules
    if verb not in rules or policy.has_role(
        person, deciding.roles_for(rules, verb), scope_of_step(step, step.run)
    ):
        return ""
    said = {
        "verb": deciding.label(verb),
        "place": step.run.environment.name,
        "who": deciding.who(rules, verb),
    }
    if rules[verb] == deciding.NEVER:
        ways = [way for way in deciding.WAYS_ON if deciding.roles_for(rules, way)]
        said["ways"] = ", ".join(deciding.label(way) for way in ways)
        return (
            _("The procedure of this step never allows “%(verb)s” in %(place)s. It allows: %(ways)s.") % said
        )
    return _("In %(place)s “%(verb)s” is left to one role, says the procedure of this step: %(who)s.") % said


def open_text(step: Step, text: str) -> str:
    """What of a text that a step's tool or owner wrote everybody may read: nothing of a restricted application's."""
    application = step.component.application if step.component is not None else None
    return "" if application is not None and application.is_restricted else text


def why_not_read(person: Person, step: Step) -> str:
    """Logs and evidence of a restricted application are for its team and operators; its states are for everybody."""
    application = step.component.application if step.component is not None else None
    if application is None or not application.is_restricted or application.team_id in policy.team_ids(person):
        return ""
    if policy.has_role(person, [Role.OPERATOR], scope_of_step(step, step.run)):
        return ""
    return _(
        "Logs and evidence of %(application)s are open to %(team)s and to operators only. Ask %(team)s."
    ) % {
        "application": application.name,
        "team": application.team.name,
    }


def why_not_reassign(person: Person, step: Step) -> str:
    why_not = policy.why_not(person, "step.reassign", scope_of_step(step, step.run))
    return why_not or _why_not_by_procedure(person, step, "reassign")


def refuse(why_not: str) -> None:
    if why_not:
        raise NotAllowed(why_not)


def reason(text: str, field: str = "reason") -> str:
    """A reason that is kept for ever, normalised; raises `Invalid` when it says nothing."""
    clean = checked.reason_text(text, field)
    if len(clean) < SHORTEST_REASON:
        raise Invalid({field: _("Say why in at least three characters; it is kept for ever.")})
    return clean
