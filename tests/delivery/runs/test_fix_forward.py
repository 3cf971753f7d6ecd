"""A step is added while a run is paused: it begins only when somebody else has approved the changed plan."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from releaseorch.accounts.models import Person
from releaseorch.accounts.roles import Role
from releaseorch.audit.models import Event
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.delivery import run_queries, services
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.models import Approval, PlanChange, StepOrigin
from releaseorch.delivery.states import RequestState
from releaseorch.delivery.work_queries import my_work
from releaseorch.notifications.models import InboxEntry
from releaseorch.policies.models import Subject
from releaseorch.policies.services import SlotDraft, create_policy
from releaseorch.runs import services as engine
from releaseorch.runs.models import DeploymentRun, RunTarget, Step
from tests.characters import Cast
from tests.delivery.runs import stories
from tests.factories import House
from tests.faults.invariants import broken
from tests.histories import request_in_state, run_in_state
from tests.notifications.sweep import sweep
from tests.runs import builders as a

WHY, NEW = "The cache is stale.", "Empty the cache"
WORDED = "Waits for the approval of the changed plan by Release management; Rita Moreau added it."


@pytest.fixture
def run(house: House) -> DeploymentRun:
    """Migrate → Tell → Look, by hand; Migrate is done, the run is paused."""
    run = stories.running(house, stories.by_hand(house, "Migrate", "Tell", "Look"))
    stories.done(run, "Migrate", house.cast.operator)
    engine.pause_run(actor=house.cast.operator, run=a.now(run), reason="The cache.")
    return a.now(run)


def key(run: DeploymentRun, title: str) -> str:
    return str(run.steps.get(title=title).key)


def add(run: DeploymentRun, actor: Person, **values: Any) -> Step:
    """NEW, between Migrate and Tell unless said otherwise."""
    place = (
        {"after": [key(run, "Migrate")], "before": [key(run, "Tell")]}
        if not {"after", "before"} & set(values)
        else {}
    )
    services.fix_run_forward(
        actor=actor,
        run=a.now(run),
        **{"title": NEW, "reason": WHY, "instructions": "All of it.", **place, **values},
    )
    assert broken() == []
    return run.steps.get(title=values.get("title", NEW))


def say(verb: str, run: DeploymentRun, actor: Person, **values: Any) -> None:
    getattr(services, f"{verb}_change")(actor=actor, run=a.now(run), **values)
    assert broken() == []


def states(run: DeploymentRun) -> dict[str, str]:
    return dict(run.steps.values_list("title", "state"))


def waits(step: Step) -> str:
    return a.waits_of(step.run, step.key)


def buttons(run: DeploymentRun, person: Person) -> dict[str, str]:
    fresh = Person.objects.get(pk=person.pk)
    return {one.verb: one.why_not for one in run_queries.actions_for(a.now(run), fresh)}


def test_it_waits_for_somebody_else_and_what_is_after_it_waits_too(cast: Cast, run: DeploymentRun) -> None:
    assert states(run)["Tell"] == "ready"
    added = add(run, cast.release_manager)
    assert states(run) == {"Migrate": "succeeded", "Tell": "pending", "Look": "pending", NEW: "proposed"}
    assert waits(added) == WORDED
    engine.resume_run(actor=cast.operator, run=a.now(run))
    assert states(run) == {"Migrate": "succeeded", "Tell": "pending", "Look": "pending", NEW: "proposed"}
    assert a.waits_of(run) == f"Step {added}: {WORDED}"
    with pytest.raises(Conflict):
        engine.take_step(actor=cast.operator, step=run.steps.get(title=NEW))
    say("approve", run, cast.second_manager)
    assert states(run)[NEW] == "ready"
    assert broken() == []
    for title in (NEW, "Tell", "Look"):
        stories.done(run, title, cast.operator)
    assert a.now(run).state == "succeeded"
    assert broken() == []


def test_the_changed_plan_is_the_next_version_and_both_are_on_record(cast: Cast, run: DeploymentRun) -> None:
    before = run.plan_digest
    added = add(run, cast.release_manager)
    assert (a.now(run).plan_digest, a.now(run).round) == (before, 1)
    say("approve", run, cast.second_manager, comment="Do.")
    change, now = PlanChange.objects.get(), a.now(run)
    assert (now.plan_digest, now.round, now.edited_by) == (change.digest, 2, cast.release_manager)
    assert (change.state, change.closed_by, change.answer) == ("approved", cast.second_manager, "Do.")
    signed = Approval.objects.get(run=run, round=2)
    assert (signed.approver, signed.digest, signed.slot) == (
        cast.second_manager,
        change.digest,
        "Release management",
    )
    told = {
        event.verb: event
        for event in Event.objects.filter(verb__in=["run.fixed_forward", "run.change_approved"])
    }
    for verb, actor in (
        ("run.fixed_forward", cast.release_manager),
        ("run.change_approved", cast.second_manager),
    ):
        event = told[verb]
        assert (event.actor_name, event.before["plan"], event.after["plan"]) == (
            actor.name,
            before,
            change.digest,
        )
        assert event.after["added"]["title"] == NEW
        assert event.after["added"]["after"] == [key(run, "Migrate")]
        assert event.after["added"]["key"] == added.key


def test_who_added_it_or_composed_the_run_never_approves_it(cast: Cast, run: DeploymentRun) -> None:
    add(run, cast.second_manager)
    for barred, why in (
        (cast.second_manager, "You added this step"),
        (cast.release_manager, "You composed this run"),
    ):
        with pytest.raises(NotAllowed, match=why):
            say("approve", run, barred)
        assert why in buttons(run, barred)["approve_change"]
    for nobody in (cast.operator, cast.robot, cast.outsider):
        with pytest.raises(NotAllowed):
            say("approve", run, nobody)
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanChange.objects.update(state="approved", closed_by=cast.second_manager)
    assert states(run)[NEW] == "proposed"


@pytest.mark.parametrize(
    ("verb", "who", "left"),
    [("decline", "second_manager", "declined"), ("withdraw", "release_manager", "withdrawn")],
)
def test_refused_or_taken_back_the_run_is_as_it_was_approved(
    cast: Cast, run: DeploymentRun, verb: str, who: str, left: str
) -> None:
    plan = run.plan_digest
    add(run, cast.release_manager)
    for wrong in {cast.release_manager, cast.second_manager} - {getattr(cast, who)}:
        with pytest.raises(NotAllowed):
            say(verb, run, wrong, reason="No.")
    say(verb, run, getattr(cast, who), reason="Not tonight.")
    assert states(run) == {"Migrate": "succeeded", "Tell": "ready", "Look": "pending"}
    change = PlanChange.objects.get()
    assert (change.state, change.answer, a.now(run).plan_digest) == (left, "Not tonight.", plan)
    with pytest.raises(Conflict):
        say("approve", run, cast.second_manager)
    add(run, cast.release_manager)
    say("approve", run, cast.second_manager)
    assert a.now(run).round == 3


def test_where_and_when_a_step_can_be_added(cast: Cast, run: DeploymentRun) -> None:
    migrate, tell, look = (key(run, title) for title in ("Migrate", "Tell", "Look"))
    with pytest.raises(
        NotAllowed, match=r"1 · Migrate is succeeded; a step is added only before what has not begun"
    ):
        add(run, cast.release_manager, before=[migrate])
    with pytest.raises(Invalid, match="would wait for each other"):
        add(run, cast.release_manager, after=[look], before=[tell])
    with pytest.raises(NotAllowed, match="is not in this plan any more"):
        add(run, cast.release_manager, after=["nowhere"])
    for nobody in (cast.operator, cast.developer):
        with pytest.raises(NotAllowed):
            add(run, nobody)
    add(run, cast.release_manager)
    with pytest.raises(NotAllowed, match="One step is added at a time"):
        add(run, cast.release_manager, title="Another")
    assert "One step is added at a time" in buttons(run, cast.release_manager)["fix_forward"]
    say("approve", run, cast.second_manager)
    engine.resume_run(actor=cast.operator, run=a.now(run))
    with pytest.raises(Conflict, match="a step is added while a run is paused"):
        add(run, cast.release_manager, title="Another")
    engine.stop_run(actor=cast.release_manager, run=a.now(run), reason="It is late.")
    with pytest.raises(Conflict):
        add(run, cast.release_manager, title="Another")


def test_before_what_failed_it_is_added_once_that_is_to_be_tried_again(
    cast: Cast, run: DeploymentRun
) -> None:
    engine.resume_run(actor=cast.operator, run=a.now(run))
    stories.failed(run, "Tell", cast.operator)
    engine.pause_run(actor=cast.operator, run=a.now(run))
    with pytest.raises(NotAllowed, match="Decide to try it again; while the run is paused it does not begin"):
        add(run, cast.release_manager)
    stories.decided(run, "Tell", cast.operator, "retry")
    add(run, cast.release_manager)
    assert states(run)["Tell"] == "pending"
    say("approve", run, cast.second_manager)
    engine.resume_run(actor=cast.operator, run=a.now(run))
    stories.done(run, NEW, cast.operator)
    assert states(run)["Tell"] == "ready"
    assert broken() == []


def test_a_run_that_ends_meanwhile_asks_nobody(cast: Cast, run: DeploymentRun, commits: Any) -> None:
    add(run, cast.release_manager)
    with commits():
        engine.stop_run(actor=cast.release_manager, run=a.now(run), reason="It is late.")
    assert PlanChange.objects.get().state == "lapsed"
    assert states(run)[NEW] == "cancelled"
    with pytest.raises(Conflict):
        say("approve", run, cast.second_manager)
    assert my_work(cast.second_manager).to_approve == ()


def test_each_slot_of_the_runs_policies_is_asked_again(cast: Cast, run: DeploymentRun) -> None:
    slots = [
        SlotDraft(name="Managers", role=Role.RELEASE_MANAGER),
        SlotDraft(name="Operations", role=Role.OPERATOR),
    ]
    create_policy(actor=cast.administrator, name="Two", subject=Subject.RUN, slots=slots)
    added = add(run, cast.release_manager)
    say("approve", run, cast.second_manager)
    assert states(run)[NEW] == "proposed"
    assert "changed plan by Operations" in waits(added)
    with pytest.raises(NotAllowed, match="already approved"):
        say("approve", run, cast.second_manager)
    say("approve", run, cast.operator)
    assert states(run)[NEW] == "ready"


def test_approvers_find_it_and_who_added_it_is_answered(cast: Cast, run: DeploymentRun) -> None:
    add(run, cast.release_manager)
    (one,) = my_work(cast.second_manager).to_approve
    assert (one.subject, one.change and one.change.title) == (run, NEW)
    assert my_work(cast.release_manager).to_approve == ()
    assert told("added “Empty the cache” to") == {cast.second_manager.pk}
    say("decline", run, cast.second_manager, reason="Not tonight.")
    assert told("declined “Empty the cache”") == {cast.release_manager.pk}


def told(words: str) -> set[int]:
    sweep()
    return set(InboxEntry.objects.filter(sentence__contains=words).values_list("person_id", flat=True))


@pytest.fixture
def automated(house: House) -> DeploymentRun:
    """Deploys claims-web; paused before it begins."""
    version = house.version(house.claims_web, "2.1.0")
    items = [ItemDraft(component=house.claims_web, version=version)]
    request = request_in_state(house, RequestState.APPROVED, items=items)
    return run_in_state(house, "paused", requests=[request])


def tool(run: DeploymentRun, actor: Person, **values: Any) -> Step:
    given = {"executor": "shell", "parameters": {"argv": ["true"]}, "after": [], "before": [], **values}
    return add(run, actor, **given)


def test_a_tool_runs_exactly_what_was_approved(cast: Cast, automated: DeploymentRun) -> None:
    added = tool(automated, cast.release_manager)
    engine.resume_run(actor=cast.operator, run=a.now(automated))
    assert a.carry_out(automated, added.key).state == "proposed"
    added.parameters = {"argv": ["rm", "-r", "/srv"]}
    added.save()
    with pytest.raises(Conflict, match="is not what was added"):
        say("approve", automated, cast.second_manager)
    added.parameters = {"argv": ["true"]}
    added.save()
    say("approve", automated, cast.second_manager)
    Step.objects.filter(pk=added.pk).update(parameters={"argv": ["rm", "-r", "/srv"]})
    assert a.carry_out(automated, added.key).state == "needs_decision"
    assert a.last_attempt(automated, added.key).state == "errored"
    Step.objects.filter(pk=added.pk).update(parameters={"argv": ["true"]})
    engine.retry_step(actor=cast.operator, step=a.step(automated, added.key), reason="As approved.")
    assert a.carry_out(automated, added.key).state == "succeeded"
    assert broken() == []


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"executor": "puppet"}, "There is no tool puppet here"),
        ({"parameters": {"argv": []}}, "At least 1 needed"),
        ({"parameters": {"argv": ["deploy", "${version}"]}}, r"Nothing fills in \$\{version\} here"),
        ({"connection": "cluster"}, "has no connection cluster for shell"),
        ({"executor": "", "parameters": {"argv": ["true"]}}, "Say which tool takes these"),
        ({"like": "nowhere", "executor": ""}, "is not in this plan any more"),
        ({"title": " "}, "cannot be blank|empty"),
        ({"reason": ""}, "why|reason"),
    ],
)
def test_what_a_tool_cannot_be_told_is_not_added(
    cast: Cast, automated: DeploymentRun, given: dict[str, Any], why: str
) -> None:
    with pytest.raises((Invalid, NotAllowed), match=why):
        tool(automated, cast.release_manager, **given)
    assert not PlanChange.objects.exists()


def test_what_a_procedure_does_can_be_done_once_more(
    cast: Cast, house: House, automated: DeploymentRun
) -> None:
    deploy = automated.steps.get(kind="automated")
    spare = tool(
        automated, cast.release_manager, title="Look", executor="", parameters={}
    )  # it isn't over before
    say("approve", automated, cast.second_manager)
    engine.resume_run(actor=cast.operator, run=a.now(automated))
    assert a.carry_out(automated, deploy.key).state == "succeeded"
    engine.pause_run(actor=cast.operator, run=a.now(automated))

    def held() -> bool:
        return RunTarget.objects.get(run=automated, component=house.claims_web).is_active

    assert not held()
    again = {"like": deploy.key, "after": [deploy.key], "before": [spare.key], "instructions": ""}
    added = add(automated, cast.release_manager, **again)
    assert (added.executor, added.parameters, added.version) == (
        deploy.executor,
        deploy.parameters,
        deploy.version,
    )
    assert held() and not StepOrigin.objects.filter(step=added).exists()
    say("decline", automated, cast.second_manager, reason="Not tonight.")
    assert not held()
    added = add(automated, cast.release_manager, **again)
    say("approve", automated, cast.second_manager)
    engine.resume_run(actor=cast.operator, run=a.now(automated))
    assert a.carry_out(automated, added.key).state == "succeeded"
    assert (
        StepOrigin.objects.filter(step=added).count() == StepOrigin.objects.filter(step=deploy).count() == 1
    )
    assert broken() == []
