"""Taking a step, handing it back, giving it to somebody, saying how it went."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from releaseorch.audit.models import Event
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.runs import services
from releaseorch.runs.engine.turn import claim_step
from releaseorch.runs.models import Attempt, DeploymentRun, Evidence
from releaseorch.runs.queries import runs_under_way, step_actions, steps_of, work_of
from releaseorch.runs.store import store
from releaseorch.waiting.models import Interval
from tests.characters import Cast
from tests.factories import House
from tests.runs import builders as a


@pytest.fixture
def run(cast: Cast) -> DeploymentRun:
    return a.running_run(
        cast.release_manager, a.manual("check", team_id=cast.claims.pk), a.manual("tell", after=["check"])
    )


def test_a_member_of_the_team_or_an_operator_takes_it(cast: Cast, run: DeploymentRun) -> None:
    for nobody in (cast.other_developer, cast.auditor, cast.outsider):
        with pytest.raises(NotAllowed, match="A member of Claims or an operator takes this step"):
            services.take_step(actor=nobody, step=a.step(run, "check"))
    assert [step.key for step in work_of(cast.teammate, runs_under_way()).to_take] == ["check"]
    assert work_of(cast.other_developer, runs_under_way()).to_take == []
    step = services.take_step(actor=cast.teammate, step=a.step(run, "check"))
    assert (step.state, step.owner, step.token) == ("claimed", cast.teammate, 1)
    assert step.started_at is not None
    attempt = a.last_attempt(run, "check")
    assert (attempt.person, attempt.state, attempt.lease_until) == (cast.teammate, "running", None)
    assert [step.key for step in work_of(cast.teammate, runs_under_way()).mine] == ["check"]


def test_the_second_who_takes_it_is_told(cast: Cast, run: DeploymentRun) -> None:
    same = a.step(run, "check")
    services.take_step(actor=cast.developer, step=a.step(run, "check"))
    with pytest.raises(Conflict, match="changed by somebody else"):
        services.take_step(actor=cast.operator, step=same)
    with pytest.raises(Conflict, match="is taken now"):
        services.take_step(actor=cast.operator, step=a.step(run, "check"))
    assert a.step(run, "check").owner == cast.developer
    assert Event.objects.filter(verb="step.taken").count() == Attempt.objects.count() == 1


def test_nobody_takes_what_has_not_begun_or_what_a_tool_does(cast: Cast, run: DeploymentRun) -> None:
    with pytest.raises(Conflict, match="is not started now"):
        services.take_step(actor=cast.operator, step=a.step(run, "tell"))
    tool = a.running_run(cast.release_manager, a.automated("deploy"))
    with pytest.raises(NotAllowed, match="done by a tool"):
        services.take_step(actor=cast.operator, step=a.step(tool, "deploy"))


def test_nothing_is_taken_from_a_paused_run(cast: Cast, run: DeploymentRun) -> None:
    services.pause_run(actor=cast.operator, run=a.now(run))
    assert a.waits_of(run, "check") == "The run is paused."
    with pytest.raises(NotAllowed, match="The run is paused"):
        services.take_step(actor=cast.developer, step=a.step(run, "check"))
    take = step_actions(a.step(run, "check"), cast.developer)[0]
    assert (take.verb, take.allowed, take.why_not) == (
        "take",
        False,
        "The run is paused; nothing is begun in it now.",
    )
    assert work_of(cast.developer, runs_under_way()).to_take == []


def test_it_is_handed_back_with_a_reason_and_somebody_else_takes_it(cast: Cast, run: DeploymentRun) -> None:
    step = services.take_step(actor=cast.developer, step=a.step(run, "check"))
    with pytest.raises(NotAllowed):
        services.hand_back_step(actor=cast.teammate, step=a.step(run, "check"), reason="mine now")
    with pytest.raises(Invalid, match="three characters"):
        services.hand_back_step(actor=cast.developer, step=a.step(run, "check"), reason=" x ")
    services.hand_back_step(actor=cast.developer, step=step, reason="Off to the train")
    assert (step.state, step.owner, step.token) == ("ready", None, 2)
    assert a.last_attempt(run, "check").state == "cancelled"
    assert a.waits_of(run, "check") == "Waits for a person of Claims to take it."
    services.take_step(actor=cast.teammate, step=step)
    assert a.last_attempt(run, "check").number == 2


def test_it_is_given_to_a_person_who_then_takes_it(cast: Cast, run: DeploymentRun) -> None:
    services.take_step(actor=cast.developer, step=a.step(run, "check"))
    with pytest.raises(NotAllowed, match="A member of Claims"):
        services.reassign_step(
            actor=cast.operator, step=a.step(run, "check"), to=cast.auditor, reason="You do it"
        )
    assert a.step(run, "check").owner == cast.developer
    step = services.reassign_step(
        actor=cast.operator, step=a.step(run, "check"), to=cast.teammate, reason="Dana is ill"
    )
    assert (step.state, step.owner) == ("ready", cast.teammate)
    assert a.waits_of(run, "check") == "Waits for Theo Lindqvist to take it."
    event = Event.objects.get(verb="step.reassigned")
    assert (event.reason, event.after) == ("Dana is ill", {"to": "Theo Lindqvist", "team": "Claims"})


def test_it_is_given_to_a_team(cast: Cast, run: DeploymentRun) -> None:
    step = services.reassign_step(
        actor=cast.release_manager, step=a.step(run, "check"), team=cast.billing, reason="Theirs"
    )
    assert step.team == cast.billing
    assert a.waits_of(run, "check") == "Waits for a person of Billing to take it."
    with pytest.raises(Invalid):
        services.reassign_step(actor=cast.release_manager, step=a.step(run, "check"), reason="Nobody")


def test_done_needs_a_note_and_lets_the_next_step_begin(cast: Cast, run: DeploymentRun) -> None:
    step = services.take_step(actor=cast.developer, step=a.step(run, "check"))
    with pytest.raises(Invalid) as missing:
        services.done_step(actor=cast.developer, step=a.step(run, "check"), note="")
    assert set(missing.value.fields) == {"note"}
    with pytest.raises(Invalid) as wrong:
        services.done_step(
            actor=cast.developer,
            step=a.step(run, "check"),
            note="Seen.",
            url="javascript:alert(1)",
        )
    assert set(wrong.value.fields) == {"url"}
    file = SimpleUploadedFile("../../etc/shot.png", b"picture", "image/png")
    services.done_step(actor=cast.developer, step=step, note="Seen.", url="https://wiki.example/1", file=file)
    assert a.states(run) == {"check": "succeeded", "tell": "ready"}
    kept = Evidence.objects.get()
    assert (kept.note, kept.url, kept.file_name) == ("Seen.", "https://wiki.example/1", "shot.png")
    assert kept.file.read() == b"picture"
    assert ".." not in kept.file.name
    kept.file.close()
    assert a.last_attempt(run, "check").state == "succeeded"


def test_only_who_took_it_says_how_it_went(cast: Cast, run: DeploymentRun) -> None:
    services.take_step(actor=cast.developer, step=a.step(run, "check"))
    with pytest.raises(NotAllowed, match="Taken by Dana Brandt"):
        services.done_step(actor=cast.operator, step=a.step(run, "check"), note="I saw it too")
    done = next(
        action for action in step_actions(a.step(run, "check"), cast.operator) if action.verb == "done"
    )
    assert done.why_not.startswith("Taken by Dana Brandt")


@pytest.mark.parametrize("say", [services.done_step, services.failed_step])
def test_nobody_says_for_a_tool_how_it_went(cast: Cast, say: Callable[..., object]) -> None:
    tool = a.running_run(cast.release_manager, a.automated("deploy"), a.manual("tell", after=["deploy"]))
    claim = claim_step(a.step(tool, "deploy").pk, 0)
    assert claim is not None and store().record_intent(claim, 60)
    for who in (cast.operator, cast.outsider):
        with pytest.raises(Conflict, match="A tool works on 1 · deploy and says itself how it went"):
            say(actor=who, step=a.step(tool, "deploy"), note="I say so.")
    assert a.states(tool) == {"deploy": "running", "tell": "pending"}
    assert store().holds(claim)


def test_failed_goes_to_somebody_who_decides(cast: Cast, run: DeploymentRun) -> None:
    step = services.take_step(actor=cast.developer, step=a.step(run, "check"))
    services.failed_step(actor=cast.developer, step=step, note="The page is blank.")
    assert a.states(run) == {"check": "needs_decision", "tell": "pending"}
    assert a.waits_of(run, "check") == "Needs a decision by an operator or a release manager."
    assert a.last_attempt(run, "check").state == "failed"
    assert Event.objects.get(verb="step.failed").reason == "The page is blank."
    assert [step.key for step in work_of(cast.operator, runs_under_way()).to_decide] == ["check"]
    assert work_of(cast.developer, runs_under_way()).to_decide == []


def test_what_is_done_in_a_paused_run_counts_and_the_rest_waits(cast: Cast, run: DeploymentRun) -> None:
    step = services.take_step(actor=cast.developer, step=a.step(run, "check"))
    services.pause_run(actor=cast.operator, run=a.now(run))
    services.done_step(actor=cast.developer, step=step, note="Seen.")
    assert a.states(run) == {"check": "succeeded", "tell": "ready"}
    assert a.waits_of(run, "tell") == "The run is paused."
    services.resume_run(actor=cast.operator, run=a.now(run))
    assert a.waits_of(run, "tell") == "Waits for an operator to take it."


def test_installing_by_hand_says_which_version_is_there(cast: Cast, house: House) -> None:
    planned, found = house.version(house.claims_web, "2.1.0"), house.version(house.claims_web, "2.0.9")
    other = house.version(house.billing_api, "9.9.9")
    run = a.running_run(
        cast.release_manager,
        a.manual("unpack", installs=True, component_id=house.claims_web.pk, version_id=planned.pk),
        environment=house.production,
    )
    step = services.take_step(actor=cast.developer, step=a.step(run, "unpack"))
    version_field = next(
        field
        for action in step_actions(a.step(run, "unpack"), cast.developer)
        if action.verb == "done"
        for field in action.fields
        if field.name == "installed"
    )
    assert version_field.value == str(planned.pk)
    before = [
        Interval.objects.count(),
        Event.objects.count(),
        a.states(run),
        a.last_attempt(run, "unpack").state,
    ]
    with pytest.raises(Invalid, match="is not a version of claims-web"):
        services.done_step(actor=cast.developer, step=a.step(run, "unpack"), note="Done.", installed=other)
    # Invariant 16: refused at the very end of the transaction, and nothing of it is there.
    assert before == [
        Interval.objects.count(), Event.objects.count(), a.states(run), a.last_attempt(run, "unpack").state,
    ]  # fmt: skip
    assert not Evidence.objects.exists()
    services.done_step(actor=cast.developer, step=step, note="Done.", installed=found)
    assert a.installed(house.claims_web, house.production) == "2.0.9"


def test_the_buttons_of_many_steps_cost_no_query_each(
    cast: Cast, django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    run = a.running_run(cast.release_manager, *[a.manual(f"s{number}") for number in range(20)])
    steps = steps_of(run)
    with django_assert_max_num_queries(5):
        actions = [step_actions(step, cast.operator, {"take", "reassign"}) for step in steps]
    assert all([action.verb for action in found] == ["take", "reassign"] for found in actions)
