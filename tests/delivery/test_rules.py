"""Rules that a policy demands: each refuses at the door from which it blocks, and warns at those before."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releaseorch.catalog.models import ComponentVersion
from releaseorch.core import clock
from releaseorch.core.errors import NotAllowed
from releaseorch.delivery import (
    board_queries,
    gates,
    request_actions,
    request_queries,
    rules,
    run_actions,
    services,
)
from releaseorch.delivery.drafts import ItemDraft, RequestChanges
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.delivery.verdicts import BLOCKED, PASSED, WARN
from releaseorch.environments import inventory
from releaseorch.environments.models import Environment, Installation
from releaseorch.environments.states import SourceKind
from releaseorch.features.models import FeatureInVersion
from releaseorch.policies import services as policies
from releaseorch.policies.models import ApprovalPolicy, Rule, Stage, Subject
from releaseorch.policies.services import RuleDraft
from releaseorch.runs import services as runs
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from tests.factories import FeatureFactory, House
from tests.histories import request_in_state, run_in_state

pytestmark = pytest.mark.django_db

# The state in which a request comes to a door.
AT = {
    Stage.SUBMIT: RequestState.DRAFT,
    Stage.APPROVE: RequestState.SUBMITTED,
    Stage.PROPOSE: RequestState.APPROVED,
    Stage.START: RequestState.APPROVED,
}


@dataclass(frozen=True)
class Broken:
    """How a rule is broken by claims-web 2.0.0 to Production, in which words, and how it is kept again."""

    rule: Rule
    by: Callable[[House, ComponentVersion], object]
    says: str
    mend: Callable[[House, ComponentVersion], object]
    hours: int | None = None


def install(house: House, version: ComponentVersion, environment: Environment) -> None:
    inventory.install(
        actor=house.cast.operator, component=version.component, environment=environment, target=None,
        version=version, source_kind=SourceKind.HAND, source_id=None, source_name="by hand",
    )  # fmt: skip


def hold(version: ComponentVersion, *features: object) -> None:
    FeatureInVersion.objects.bulk_create(
        FeatureInVersion(version=version, feature=feature) for feature in features
    )


def other_request(house: House, version: ComponentVersion) -> DeploymentRequest:
    return request_in_state(
        house, RequestState.SUBMITTED, requester=house.cast.teammate, title="Another",
        items=[ItemDraft(component=version.component, version=version)],
    )  # fmt: skip


def withdraw_other(house: House, _version: ComponentVersion) -> None:
    other = DeploymentRequest.objects.get(title="Another")
    services.withdraw_request(actor=house.cast.teammate, request=other, reason="Not wanted.")


def bring_portal(house: House, _version: ComponentVersion) -> None:
    front = house.version(house.portal_front)
    hold(front, house.photos)
    install(house, front, house.production)


BROKEN = [
    Broken(
        Rule.DIGESTS, lambda _house, web: ComponentVersion.objects.filter(pk=web.pk).update(digest=""),
        "Nobody knows the digest of claims-web 2.0.0.",
        lambda _house, web: ComponentVersion.objects.filter(pk=web.pk).update(digest="sha256:ab"),
    ),
    Broken(
        Rule.RAN_BEFORE, lambda _house, _web: None, "claims-web 2.0.0 never ran in Acceptance.",
        lambda house, web: install(house, web, house.acceptance),
    ),
    Broken(
        Rule.SOAKED, lambda house, web: install(house, web, house.acceptance),
        "claims-web 2.0.0 hasn't been in Acceptance for 24 hours yet.",
        lambda _house, web: Installation.objects.filter(version=web).update(since=clock.now() - timedelta(hours=24)),
        hours=24,
    ),
    Broken(
        Rule.FEATURES_IN, lambda house, web: hold(web, house.photos),
        "CR-5003 is expected, and no version here holds it.", lambda house, web: hold(web, house.payouts),
    ),
    Broken(
        Rule.FEATURES_EXPECTED, lambda _house, web: hold(web, FeatureFactory(key="CR-1")),
        "CR-1 is in these versions, and 2026.4 doesn't expect it of Claims.",
        lambda _house, _web: FeatureInVersion.objects.filter(feature__key="CR-1").delete(),
    ),
    Broken(
        Rule.FEATURES_READY, lambda house, web: hold(web, house.payouts), "CR-5003 is open in Claims, not ready.",
        lambda house, _web: house.payouts.scopes.update(status="ready"),
    ),
    Broken(
        Rule.FEATURES_WHOLE, lambda house, web: hold(web, house.photos), "CR-4987 also needs Customer Portal",
        bring_portal,
    ),
    Broken(
        Rule.NEEDS_THERE, lambda _house, _web: None, "claims-web needs claims-db, which isn't in Production and",
        lambda house, _web: install(house, house.version(house.claims_db), house.production),
    ),
    Broken(Rule.NOBODY_ELSE, other_request, "deploys claims-web too, at 2.0.0.", withdraw_other),
]  # fmt: skip


def demand(house: House, broken: Broken, stage: Stage, name: str = "Production rules") -> ApprovalPolicy:
    return policies.create_policy(
        actor=house.cast.administrator, name=name, subject=Subject.REQUEST, environment=house.production,
        rules=[RuleDraft(rule=broken.rule, blocks_from=stage, hours=broken.hours)],
    )  # fmt: skip


def come_to(house: House, stage: Stage) -> Callable[[], object]:
    """What a person does at that door; everything before it has been done."""
    request = request_in_state(house, AT[stage])
    cast = house.cast
    if stage == Stage.SUBMIT:
        return lambda: services.submit_request(actor=cast.developer, request=request)
    if stage == Stage.APPROVE:
        return lambda: services.approve_request(actor=cast.release_manager, request=request)
    if stage == Stage.PROPOSE:
        run = run_in_state(house, RunState.DRAFT, requests=[request])
        return lambda: services.propose_run(actor=cast.release_manager, run=now(run))
    run = run_in_state(house, RunState.APPROVED, requests=[request])
    return lambda: runs.start_run(actor=cast.release_manager, run=now(run))


def now(run: DeploymentRun) -> DeploymentRun:
    return DeploymentRun.objects.get(pk=run.pk)


@pytest.fixture
def web(house: House) -> ComponentVersion:
    return house.version(house.claims_web)


STAGES = [pytest.param(stage, id=str(stage)) for stage in Stage]
RULES = [pytest.param(one, id=str(one.rule)) for one in BROKEN]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("broken", RULES)
def test_who_breaks_it_is_refused_at_its_door_until_it_is_kept(
    house: House, web: ComponentVersion, broken: Broken, stage: Stage
) -> None:
    broken.by(house, web)
    act = come_to(house, stage)
    demand(house, broken, stage)
    with pytest.raises(NotAllowed) as no:
        act()
    (reason,) = no.value.reasons
    assert broken.says in reason
    assert reason.endswith("Production rules demands it.")
    broken.mend(house, web)
    act()


@pytest.mark.parametrize("stage", STAGES[:-1])
@pytest.mark.parametrize("broken", RULES)
def test_before_its_door_it_only_warns(
    house: House, web: ComponentVersion, broken: Broken, stage: Stage
) -> None:
    broken.by(house, web)
    demand(house, broken, list(Stage)[stage.place + 1])
    come_to(house, stage)()


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("broken", RULES)
def test_without_the_rule_the_door_is_open(
    house: House, web: ComponentVersion, broken: Broken, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the refusals above come from that rule, and from no other."""
    broken.by(house, web)
    act = come_to(house, stage)
    demand(house, broken, stage)
    kept = [one for one in rules.RULES if one[0] != broken.rule]
    monkeypatch.setattr("releaseorch.delivery.checks.RULES", kept)
    act()


def test_every_rule_that_can_be_demanded_has_its_file_and_is_broken_above() -> None:
    known = [rule for rule, _verdicts in rules.RULES if rule is not None]
    assert sorted(known) == sorted(Rule) == sorted(one.rule for one in BROKEN)


@pytest.mark.parametrize("broken", RULES)
def test_it_is_seen_from_the_first_look_on_and_what_it_will_mean(
    house: House, web: ComponentVersion, broken: Broken
) -> None:
    broken.by(house, web)
    request = request_in_state(house, RequestState.DRAFT)
    demand(house, broken, Stage.APPROVE)

    def told() -> tuple[str, str]:
        detail = request_queries.request_detail(request.pk)
        assert detail is not None
        (check,) = [one for one in detail.checks if broken.says in one.sentence]
        return check.tone, check.help

    tone, help_ = told()
    assert tone == WARN
    assert help_.endswith("It blocks from approving on: Production rules demands it.")
    services.submit_request(actor=house.cast.developer, request=DeploymentRequest.objects.get(pk=request.pk))
    tone, help_ = told()
    assert tone == BLOCKED
    assert help_.endswith("Production rules demands it.")


def test_the_button_says_why_it_is_closed(house: House, web: ComponentVersion) -> None:
    request = request_in_state(house, RequestState.DRAFT)
    demand(house, BROKEN[1], Stage.SUBMIT)
    action = request_actions.action_for("submit", request, house.cast.developer)
    assert action is not None
    assert not action.allowed
    assert action.why_not == "claims-web 2.0.0 never ran in Acceptance. Production rules demands it."


def test_of_two_policies_the_earlier_door_and_the_longer_time_count(
    house: House, web: ComponentVersion
) -> None:
    short = Broken(Rule.SOAKED, lambda *_: None, "", lambda *_: None, hours=2)
    long = Broken(Rule.SOAKED, lambda *_: None, "", lambda *_: None, hours=48)
    demand(house, short, Stage.SUBMIT, "Short")
    demand(house, long, Stage.START, "Long")
    install(house, web, house.acceptance)
    Installation.objects.update(since=clock.now() - timedelta(hours=3))
    with pytest.raises(NotAllowed, match=r"for 48 hours yet\. Long and Short demands it"):
        come_to(house, Stage.SUBMIT)()


def test_a_rule_of_another_place_or_another_day_asks_nothing(house: House, web: ComponentVersion) -> None:
    ask = [RuleDraft(rule=Rule.RAN_BEFORE, blocks_from=Stage.SUBMIT)]
    admin = house.cast.administrator
    elsewhere = {"environment": house.acceptance}, {"application": house.billing}
    for n, where in enumerate(elsewhere):
        policies.create_policy(actor=admin, name=f"Other {n}", subject=Subject.REQUEST, rules=ask, **where)  # type: ignore[arg-type]
    later = clock.now() + timedelta(days=3)
    policies.create_policy(actor=admin, name="Later", subject=Subject.REQUEST, rules=ask, valid_from=later)
    assert gates.refusals([request_in_state(house, RequestState.SUBMITTED)], Stage.START) == {}
    with clock.at(later), pytest.raises(NotAllowed, match="Later demands it"):
        come_to(house, Stage.SUBMIT)()


def test_in_a_run_those_who_share_a_feature_are_in_the_same_one(house: House, web: ComponentVersion) -> None:
    hold(web, house.photos)
    demand(house, BROKEN[6], Stage.PROPOSE)
    front = house.version(house.portal_front)
    portal = services.create_request(
        actor=house.cast.developer, application=house.portal, environment=house.production,
        items=[ItemDraft(component=house.portal_front, version=front)],
    )  # fmt: skip
    services.submit_request(actor=house.cast.developer, request=portal)
    services.approve_request(actor=house.cast.release_manager, request=portal)
    claims = request_in_state(house, RequestState.APPROVED)
    alone = run_in_state(house, RunState.DRAFT, requests=[claims])
    with pytest.raises(NotAllowed, match="Customer Portal, which isn't in this run"):
        services.propose_run(actor=house.cast.release_manager, run=now(alone))
    services.add_request(actor=house.cast.release_manager, run=now(alone), requests=[portal])
    services.propose_run(actor=house.cast.release_manager, run=now(alone))


def test_what_is_needed_may_come_along_in_the_same_run_and_in_no_other(
    house: House, web: ComponentVersion
) -> None:
    demand(house, BROKEN[7], Stage.SUBMIT)
    schema = [ItemDraft(component=house.claims_db, version=house.version(house.claims_db))]
    needed = request_in_state(house, RequestState.APPROVED, items=schema)
    needing = request_in_state(
        house, RequestState.APPROVED
    )  # somebody brings it: enough while it is in no run
    run = run_in_state(house, RunState.DRAFT, requests=[needing])
    with pytest.raises(NotAllowed, match="claims-web needs claims-db, which isn't in Production yet"):
        services.propose_run(actor=house.cast.release_manager, run=now(run))
    services.add_request(actor=house.cast.release_manager, run=now(run), requests=[needed])
    services.propose_run(actor=house.cast.release_manager, run=now(run))
    services.approve_run(actor=house.cast.second_manager, run=now(run))
    runs.start_run(actor=house.cast.release_manager, run=now(run))


def test_content_that_was_approved_before_stops_at_a_rule_too(house: House, web: ComponentVersion) -> None:
    request = request_in_state(house, RequestState.APPROVED)
    demand(house, BROKEN[1], Stage.APPROVE)
    newer = house.version(house.claims_web, "2.0.1")

    def edited(version: ComponentVersion) -> str:
        changes = RequestChanges(items=[ItemDraft(component=house.claims_web, version=version)])
        return str(services.edit_request(actor=house.cast.developer, request=request, changes=changes).state)

    assert [edited(newer), edited(web)] == ["submitted", "submitted"]
    install(house, web, house.acceptance)
    assert [edited(newer), edited(web)] == ["submitted", "approved"]


def test_kept_rules_are_told_as_passed(house: House, web: ComponentVersion) -> None:
    install(house, web, house.acceptance)
    demand(house, BROKEN[1], Stage.SUBMIT)
    request = request_in_state(house, RequestState.DRAFT)
    detail = request_queries.request_detail(request.pk)
    assert detail is not None
    assert [one.tone for one in detail.checks if "ran in Acceptance" in one.sentence] == [PASSED]


def test_the_button_of_a_run_names_the_request_that_does_not_come_through(
    house: House, web: ComponentVersion
) -> None:
    request = request_in_state(house, RequestState.APPROVED)
    run = run_in_state(house, RunState.DRAFT, requests=[request])
    demand(house, BROKEN[1], Stage.PROPOSE)
    (propose,) = [
        one for one in run_actions.actions_for(now(run), house.cast.release_manager) if one.verb == "propose"
    ]
    assert not propose.allowed
    assert propose.why_not == (
        f"{request}: claims-web 2.0.0 never ran in Acceptance. Production rules demands it."
    )


def test_a_board_counts_what_blocks_next_with_the_same_queries_for_one_and_for_many(
    house: House, web: ComponentVersion
) -> None:
    request_in_state(house, RequestState.SUBMITTED)
    hold(web, house.payouts)
    for broken in BROKEN:
        demand(house, broken, Stage.APPROVE, str(broken.rule))

    def read() -> tuple[int, list[int]]:
        with CaptureQueriesContext(connection) as seen:
            board = board_queries.environment_board(house.production)
        return len(seen), [line.readiness.blocked for line in board.lines]

    few, blocked = read()
    assert blocked == [
        5
    ]  # never ran there, nor long enough, a feature absent, another not ready, no database
    for _ in range(3):
        request_in_state(house, RequestState.SUBMITTED)
    many, blocked = read()
    assert (many, len(blocked)) == (few, 4)
    assert min(blocked) > 5  # and now each deploys what the others do
