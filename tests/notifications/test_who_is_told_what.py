"""Each kind of news: what somebody does → who is told, in which sentence, why them, with which link."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from releaseorch.accounts.models import Person, Team
from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.delivery import services
from releaseorch.delivery.drafts import ItemDraft, RequestChanges
from releaseorch.delivery.states import RequestState
from releaseorch.features.models import FeatureInVersion
from releaseorch.notifications import hooks, inbox, rounds
from releaseorch.notifications.inbox import News
from releaseorch.notifications.kinds import Kind
from releaseorch.notifications.models import InboxEntry
from releaseorch.runs import services as runs
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from tests.factories import House
from tests.histories import request_in_state, run_in_state
from tests.notifications.sweep import entry, forget, told
from tests.runs import builders as a

pytestmark = pytest.mark.django_db
Does = Callable[[House], object]


def submit(house: House) -> object:
    request = request_in_state(house, RequestState.DRAFT, title="Payouts")
    forget()
    return services.submit_request(actor=house.cast.developer, request=request)


def send_back(house: House) -> object:
    request = request_in_state(house, RequestState.SUBMITTED, title="Payouts")
    forget()
    return services.send_back_request(
        actor=house.cast.second_manager, request=request, reason="Say more.\nPlease."
    )


def reject(house: House) -> object:
    request = request_in_state(house, RequestState.SUBMITTED, title="Payouts")
    forget()
    return services.reject_request(actor=house.cast.release_manager, request=request, reason="Not this year.")


def approve(house: House) -> object:
    request = request_in_state(house, RequestState.SUBMITTED, title="Payouts")
    forget()
    return services.approve_request(actor=house.cast.release_manager, request=request)


def change_after_approval(house: House) -> object:
    request = request_in_state(house, RequestState.APPROVED, title="Payouts")
    forget()
    newer = ItemDraft(component=house.claims_web, version=house.version(house.claims_web, "2.1.0"))
    return services.edit_request(
        actor=house.cast.teammate, request=request, changes=RequestChanges(items=[newer])
    )


def run_verb(state: RunState, verb: Callable[[House, DeploymentRun], object]) -> Does:
    def do(house: House) -> object:
        run = run_in_state(house, state)
        forget()
        return verb(house, run)

    return do


@dataclass(frozen=True)
class Case:
    """Somebody does something; `person` of the cast is told it in this sentence."""

    does: Does
    kinds: dict[str, set[str]]
    person: str
    sentence: str
    why: str


MANAGERS = {"rita", "sven"}
CASES = {
    "a request is submitted": Case(
        submit,
        {"approval_wanted": MANAGERS},
        "release_manager",
        "Dana Brandt asks to deploy Payouts #{request} to Production.",
        "You can approve it as Release management.",
    ),
    "a request is sent back": Case(
        send_back,
        {"sent_back": {"dana"}},
        "developer",
        "Sven Dahl sent Payouts #{request} back: “Say more. Please.”",
        "It is your request.",
    ),
    "a request is rejected": Case(
        reject,
        {"sent_back": {"dana"}},
        "developer",
        "Rita Moreau rejected Payouts #{request}: “Not this year.”",
        "It is your request.",
    ),
    "a request is approved": Case(
        approve,
        {"approved": {"dana"}},
        "developer",
        "Payouts #{request} is approved; Rita Moreau gave the last approval.",
        "It is your request.",
    ),
    "a colleague changes what was approved": Case(
        change_after_approval,
        {"approval_lost": {"dana"}, "approval_wanted": MANAGERS},
        "developer",
        "Payouts #{request} lost its approvals: Theo Lindqvist changed what would be deployed.",
        "It is your request.",
    ),
    "a run is proposed": Case(
        run_verb(
            RunState.DRAFT, lambda house, run: services.propose_run(actor=house.cast.release_manager, run=run)
        ),
        {"approval_wanted": {"sven"}},
        "second_manager",
        "Rita Moreau proposes Saturday #{run} for Production.",
        "You can approve it as Release management.",
    ),
    "a run is approved": Case(
        run_verb(
            RunState.PROPOSED,
            lambda house, run: services.approve_run(actor=house.cast.second_manager, run=run),
        ),
        {"approved": {"rita"}},
        "release_manager",
        "Saturday #{run} is approved and may be started or scheduled.",
        "You composed this run.",
    ),
    "a run is sent back": Case(
        run_verb(
            RunState.PROPOSED,
            lambda house, run: services.send_back_run(
                actor=house.cast.second_manager, run=run, reason="Too late."
            ),
        ),
        {"sent_back": {"rita"}},
        "release_manager",
        "Sven Dahl sent Saturday #{run} back: “Too late.”",
        "You composed this run.",
    ),
    "an approved run is unlocked": Case(
        run_verb(
            RunState.APPROVED,
            lambda house, run: services.unlock_run(
                actor=house.cast.second_manager, run=run, reason="Other order."
            ),
        ),
        {"approval_lost": {"rita"}},
        "release_manager",
        "Saturday #{run} lost its approvals and is a draft again: “Other order.”",
        "You composed this run.",
    ),
    "a run starts": Case(
        run_verb(RunState.APPROVED, lambda house, run: runs.start_run(actor=house.cast.operator, run=run)),
        {"run_started": {"rita", "dana"}},
        "developer",
        "Saturday #{run} has started in Production.",
        "Your request is in it.",
    ),
    "a run is cancelled before it starts": Case(
        run_verb(
            RunState.APPROVED,
            lambda house, run: services.cancel_run(
                actor=house.cast.second_manager, run=run, reason="No time."
            ),
        ),
        {"run_ended": {"rita", "dana"}},
        "developer",
        "Saturday #{run} will not take place: it was cancelled before its start. “No time.”",
        "Your request is in it.",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_verb_tells_whom_it_concerns(house: House, name: str) -> None:
    case = CASES[name]
    case.does(house)
    assert told() == case.kinds
    person: Person = getattr(house.cast, case.person)
    one = InboxEntry.objects.get(person=person)
    numbers = {"run": one.subject_id} if one.subject_kind == "run" else {"request": one.subject_id}
    assert (one.sentence, one.why) == (case.sentence.format(**numbers), case.why)
    assert one.link == f"/{one.subject_kind}s/{one.subject_id}"


def failed_run(house: House) -> DeploymentRun:
    """Two parts of one night: the first deployment says no."""
    version = house.version(house.claims_web, "2.1.0")
    run = a.running_run(
        house.cast.release_manager,
        a.installing("deploy", version, "sh", "-c", "exit 4"),
        a.manual("check", after=["deploy"], team_id=house.cast.billing.pk),
        environment=house.production,
    )
    forget()
    a.carry_out(run, "deploy")
    return run


def test_who_may_decide_is_asked_and_the_others_hear_that_it_failed(house: House) -> None:
    run = failed_run(house)
    assert told() == {"decision": {"rita", "sven", "olga"}, "step_failed": {"dana", "theo"}}
    asked = entry(house.cast.operator, "decision")
    assert asked.sentence == (
        f"Friday #{run.pk} stands still at step 1 · deploy, until somebody decides. It ended with exit code 4."
    )
    assert (asked.why, asked.link) == ("You may decide here.", f"/steps/{a.step(run, 'deploy').pk}")
    house.claims.is_restricted = True
    house.claims.save()
    forget()
    runs.retry_step(actor=house.cast.operator, step=a.step(run, "deploy"), reason="Once more.")
    a.carry_out(run, "deploy")
    told()
    assert (
        "exit code" not in entry(house.cast.operator, "decision").sentence
    )  # what its tools say stays with it


def test_a_step_given_up_is_told_but_not_to_who_gave_it_up(house: House) -> None:
    run = failed_run(house)
    forget()
    runs.mark_failed_step(actor=house.cast.release_manager, step=a.step(run, "deploy"), reason="Broken.")
    assert told() == {"step_failed": {"dana", "theo"}}
    assert entry(house.cast.teammate, "step_failed").sentence == (
        f"Rita Moreau gave up step 1 · deploy of Friday #{run.pk} as failed. Broken."
    )


def test_a_step_by_hand_is_told_to_its_team_and_to_whom_it_is_given(house: House) -> None:
    run = failed_run(house)
    runs.mark_done_step(actor=house.cast.operator, step=a.step(run, "deploy"), reason="By hand.")
    forget_but_the_rounds = told()
    assert forget_but_the_rounds["step_yours"] == {"omar"}
    assert (
        entry(house.cast.other_developer, "step_yours").sentence
        == f"Step 2 · check of Friday #{run.pk} can be taken."
    )
    InboxEntry.objects.filter(person=house.cast.operator).delete()
    runs.reassign_step(
        actor=house.cast.release_manager,
        step=a.step(run, "check"),
        to=house.cast.operator,
        reason="She knows it.",
    )
    assert told()["step_yours"] == {"omar", "olga"}
    assert (
        entry(house.cast.operator, "step_yours").sentence
        == f"Rita Moreau gave you step 2 · check of Friday #{run.pk}."
    )


def test_a_step_by_hand_is_told_after_a_long_pause_and_past_one_that_reaches_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "MOST", 1)
    nobody, now = Team.objects.create(name="Nobody", slug="nobody"), clock.now()
    with clock.at(now):
        steps = [a.manual("first", team_id=nobody.pk), a.manual("check", team_id=house.cast.billing.pk)]
        run = a.running_run(house.cast.release_manager, *steps, environment=house.production)
        runs.pause_run(actor=house.cast.release_manager, run=run)
        clock.advance(timedelta(hours=5))
        assert rounds.steps_to_take() == 0
        runs.resume_run(actor=house.cast.release_manager, run=a.now(run))
        assert sum(rounds.steps_to_take() for _round in range(60)) == 1
        assert entry(house.cast.other_developer, "step_yours").subject_id == a.step(run, "check").pk


def test_the_end_says_what_is_live_and_features_arrive_with_their_last_part(house: House) -> None:
    house.photos.owner, house.photos.tester = house.cast.auditor, house.cast.qa
    house.photos.save()
    web, front = house.version(house.claims_web, "2.1.0"), house.version(house.portal_front, "3.0.0")
    FeatureInVersion.objects.bulk_create(
        FeatureInVersion(version=version, feature=house.photos) for version in (web, front)
    )
    for environment, kind in ((house.acceptance, "feature_try"), (house.production, "feature_live")):
        first = a.running_run(
            house.cast.release_manager, a.installing("web", web), environment=environment, title="First half"
        )
        forget()
        a.carry_out(first, "web")
        assert told() == {"run_ended": {"rita"}}  # the Portal's part is missing
        assert entry(house.cast.release_manager, "run_ended").sentence == (
            f"First half #{first.pk}: succeeded. In {environment} now: claims-web 2.1.0."
        )
        second = a.running_run(
            house.cast.release_manager, a.installing("front", front), environment=environment
        )
        forget()
        a.carry_out(second, "front")
        assert told() == {"run_ended": {"rita"}, kind: {"aud", "quinn"}}
    assert entry(house.cast.qa, "feature_live").sentence == (
        "CR-4987 Report a claim with photographs is live in Production."
    )
    assert entry(house.cast.qa, "feature_live").why == "You test it."


def test_a_run_that_starts_within_the_hour_is_told_once(house: House) -> None:
    run = run_in_state(house, RunState.SCHEDULED)
    assert run.window_from is not None
    with clock.at(run.window_from - timedelta(minutes=61)):
        forget()
        assert "run_soon" not in told()
        clock.advance(timedelta(minutes=2))
        assert told() == {"run_soon": {"rita", "dana"}}
        clock.advance(timedelta(minutes=30))
        told()
        assert InboxEntry.objects.filter(person=house.cast.developer, kind="run_soon").count() == 1


def test_told_twice_is_told_once(house: House) -> None:
    submit(house)
    told()
    before = set(InboxEntry.objects.values_list("pk", flat=True))
    event = Event.objects.get(verb="request.submitted")
    hooks.tell(hooks.TELLERS[event.verb], event)
    assert set(InboxEntry.objects.values_list("pk", flat=True)) == before


def test_robots_and_who_has_left_are_told_nothing(house: House) -> None:
    house.cast.second_manager.is_active = False
    house.cast.second_manager.save()
    people = [person.pk for person in (house.cast.robot, house.cast.second_manager, house.cast.operator)]
    news = News(Kind.RUN_STARTED, people, "It has started.", "You work here.", "/runs/1", ("run", 1), "run:1")
    assert inbox.write([news], once="now") == 1
    assert told() == {"run_started": {"olga"}}


def test_news_that_come_late_tell_nobody_to_do_what_is_done(house: House) -> None:
    request = request_in_state(house, RequestState.SUBMITTED)
    services.withdraw_request(actor=house.cast.developer, request=request, reason="Not needed.")
    assert "approval_wanted" not in told()
