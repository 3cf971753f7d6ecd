"""Who is concerned: by role, by team, by a run or a request. Ids only; who may be told is said where it is written."""

import re
from collections.abc import Collection, Iterable

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, PersonKind, TeamMember
from releaseorch.accounts.policy import Scope
from releaseorch.accounts.roles import Role
from releaseorch.delivery.models import DeploymentRequest, StepOrigin
from releaseorch.runs import waits
from releaseorch.runs.models import DeploymentRun, Step


def with_role(roles: Iterable[Role], scope: Scope) -> set[int]:
    """Everybody who has one of the roles there, themselves or by a team; two queries."""
    wanted = {str(role) for role in roles}
    grants = [one for one in policy.counting().filter(role__in=wanted) if policy.reaches(one, scope)]
    own = {one.person_id for one in grants if one.person_id is not None}
    return own | members(one.team_id for one in grants if one.team_id is not None)


def members(teams: Iterable[int]) -> set[int]:
    return set(TeamMember.objects.filter(team__in=set(teams)).values_list("person_id", flat=True))


def team_of(step: Step) -> set[int]:
    """The members of the team that does the step."""
    team = waits.team_of(step)
    return members([team.pk]) if team is not None else set()


def who_asked(request: DeploymentRequest) -> set[int]:
    """Whose request it is, and who filed it for them."""
    return {pk for pk in (request.requester_id, request.filed_by_id) if pk is not None}


def who_composed(run: DeploymentRun) -> set[int]:
    return {run.composed_by_id, run.edited_by_id}


def requesters(run: DeploymentRun, steps: Collection[int] | None = None) -> set[int]:
    """Who asked for what is, or was, in the run; with `steps`: for what these do. Two queries."""
    origins = StepOrigin.objects.filter(step__run=run)
    if steps is not None:
        origins = origins.filter(step__in=steps)
    ids = set(origins.values_list("request_id", flat=True))
    rows = DeploymentRequest.objects.filter(pk__in=ids).values_list("requester_id", "filed_by_id")
    return {pk for row in rows for pk in row if pk is not None}


def at_hand(run: DeploymentRun) -> set[int]:
    """Who has a step of the run, and the teams that will be needed for its steps by hand; two queries."""
    by_hand = [
        step for step in run.steps.select_related("component__application__team", "team") if step.is_manual
    ]
    teams = {team.pk for step in by_hand for team in [waits.team_of(step)] if team is not None}
    return {step.owner_id for step in by_hand if step.owner_id is not None} | members(teams)


def named_in(note: str) -> set[int]:
    """The people whose full names stand in a note such as “Ines Duarte, ext. 4417; then Tomasz Wiśniewski”.

    Not within another word: Max is not called by “Maximum wait”.
    """
    if not note:
        return set()
    known = Person.objects.filter(is_active=True, kind=PersonKind.HUMAN).values_list("pk", "name")
    return {pk for pk, name in known if name in note and _as_words(name).search(note)}


def _as_words(name: str) -> re.Pattern[str]:
    letter_or_digit = r"[^\W_]"
    return re.compile(f"(?<!{letter_or_digit}){re.escape(name)}(?!{letter_or_digit})")


def who_are_there(people: Iterable[int]) -> set[int]:
    """Without robots and those who have left: whom news reach; one query."""
    found = Person.objects.filter(pk__in=set(people), is_active=True, kind=PersonKind.HUMAN)
    return set(found.values_list("pk", flat=True))
