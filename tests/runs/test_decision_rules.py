"""Which decisions a step's procedure allows, and to whom: asked at every verb, and part of what was approved."""

import pytest

from releaseorch.accounts.models import Person
from releaseorch.core.errors import NotAllowed
from releaseorch.runs import plans, services
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.queries import runs_under_way, step_actions, work_of
from tests.characters import Cast
from tests.factories import House
from tests.notifications.sweep import sweep
from tests.runs import builders as a
from tests.runs.test_second_person import lose, told_of

WHY = "The page shows it."
RULES = {"skip": "never", "retry": "release_manager"}
ONLY_A_MANAGER = dict.fromkeys(["retry", "take_over", "mark_done", "mark_failed"], "release_manager") | {
    "skip": "never"
}


def failed_run(cast: Cast, rules: dict[str, str], **values: object) -> DeploymentRun:
    """deploy → tell; deploy has failed."""
    run = a.running_run(
        cast.release_manager,
        a.automated("deploy", *a.BADLY, decision_rules=rules),
        a.manual("tell", after=["deploy"]),
        **values,
    )
    a.carry_out(run, "deploy")
    return run


def say(verb: str, run: DeploymentRun, actor: Person) -> None:
    getattr(services, f"{verb}_step")(actor=actor, step=a.step(run, "deploy"), reason=WHY)


def buttons(run: DeploymentRun, person: Person) -> dict[str, str]:
    fresh = Person.objects.get(pk=person.pk)
    return {one.verb: one.why_not for one in step_actions(a.step(run, "deploy"), fresh)}


def test_what_is_never_allowed_is_refused_to_everybody_with_what_is_allowed(cast: Cast) -> None:
    run = failed_run(cast, RULES)
    place = run.environment.name
    never = (
        f"The procedure of this step never allows “Skip” in {place}. "
        "It allows: Try again, Take over by hand, It is done, Failed for good."
    )
    for person in (cast.operator, cast.release_manager):
        with pytest.raises(NotAllowed) as refused:
            say("skip", run, person)
        assert (refused.value.reasons, buttons(run, person)["skip"]) == ([never], never)
    assert a.states(run)["deploy"] == "needs_decision"


def test_what_is_kept_for_one_role_is_refused_to_the_other(cast: Cast) -> None:
    run = failed_run(cast, RULES)
    left = "“Try again” is left to one role, says the procedure of this step: release manager."
    only = f"In {run.environment.name} {left}"
    with pytest.raises(NotAllowed) as refused:
        say("retry", run, cast.operator)
    assert (refused.value.reasons, buttons(run, cast.operator)["retry"]) == ([only], only)
    assert buttons(run, cast.operator)["take-over"] == ""
    say("retry", run, cast.release_manager)
    assert a.states(run)["deploy"] == "ready"


def test_nobody_is_asked_who_could_decide_nothing(cast: Cast) -> None:
    run = failed_run(cast, ONLY_A_MANAGER)
    assert a.waits_of(run, "deploy") == "Needs a decision by a release manager."
    assert [step.key for step in work_of(cast.release_manager, runs_under_way()).to_decide] == ["deploy"]
    assert work_of(cast.operator, runs_under_way()).to_decide == []
    sweep()
    told = told_of("deploy")
    assert cast.release_manager.pk in told and cast.operator.pk not in told


def test_again_from_here_is_no_way_round_it(cast: Cast) -> None:
    run = failed_run(cast, RULES | {"mark_failed": "operator"})
    say("mark_failed", run, cast.operator)
    with pytest.raises(NotAllowed, match=r"Step 1 · deploy: In .+ “Try again” is left to one role"):
        say("retry_from", run, cast.operator)
    closed = failed_run(cast, {"retry_from": "never"})
    say("skip", closed, cast.operator)
    with pytest.raises(NotAllowed, match="never allows “Again from here”"):
        say("retry_from", closed, cast.release_manager)


def test_the_second_person_is_one_who_may_try_it_again(cast: Cast, house: House) -> None:
    run = a.running_run(
        cast.release_manager, a.automated("deploy", decision_rules=RULES), environment=house.production
    )
    lose(run)
    say("retry", run, cast.release_manager)
    assert work_of(cast.operator, runs_under_way()).second == []
    with pytest.raises(NotAllowed, match="is left to one role"):
        say("confirm", run, cast.operator)
    say("confirm", run, cast.second_manager)
    assert a.states(run)["deploy"] == "ready"


def test_a_run_is_not_stopped_at_a_step_that_must_be_decided_on(cast: Cast) -> None:
    run = failed_run(cast, {"stop": "never"})
    with pytest.raises(NotAllowed, match="lets nobody stop the run at it"):
        services.stop_run(actor=cast.release_manager, run=a.now(run), reason=WHY)
    say("mark_failed", run, cast.operator)
    services.stop_run(actor=cast.release_manager, run=a.now(run), reason=WHY)
    assert a.now(run).state == "stopped"


def test_a_step_may_be_given_away_by_those_whom_its_procedure_names(cast: Cast) -> None:
    run = a.running_run(
        cast.release_manager,
        a.manual("deploy", decision_rules={"reassign": "release_manager"}, team_id=cast.claims.pk),
    )
    to = {"to": cast.operator, "reason": WHY}
    with pytest.raises(NotAllowed, match="“Give to” is left to one role"):
        services.reassign_step(actor=cast.operator, step=a.step(run, "deploy"), **to)
    services.reassign_step(actor=cast.release_manager, step=a.step(run, "deploy"), **to)
    assert a.step(run, "deploy").owner == cast.operator


def test_the_rules_are_signed_with_the_plan() -> None:
    one, other = (
        plans.PlanIn((a.automated("deploy", decision_rules=rules)[0],)) for rules in ({}, {"skip": "never"})
    )
    assert plans.digest(one) != plans.digest(other)
