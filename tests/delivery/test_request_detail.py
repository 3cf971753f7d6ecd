"""A request in full: what would change, features in three groups, actions, lists."""

from datetime import timedelta

import pytest

from releaseorch.accounts.models import Person
from releaseorch.catalog.models import ComponentVersion
from releaseorch.core import clock
from releaseorch.core.errors import Invalid
from releaseorch.delivery import request_actions, request_queries, services
from releaseorch.delivery.drafts import ItemDraft, RequestChanges, RequestDraft
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.request_queries import RequestDetail, RequestFilter
from releaseorch.delivery.states import ItemKind, RequestState
from releaseorch.environments import inventory
from releaseorch.environments.models import Environment
from releaseorch.environments.states import SourceKind
from releaseorch.features.models import FeatureInVersion
from tests.factories import FeatureFactory, House
from tests.histories import request_in_state

pytestmark = pytest.mark.django_db


def install(house: House, version: ComponentVersion, environment: Environment) -> None:
    inventory.install(
        actor=house.cast.operator, component=version.component, environment=environment, target=None,
        version=version, source_kind=SourceKind.HAND, source_id=None, source_name="by hand",
    )  # fmt: skip


def detail_of(request: DeploymentRequest) -> RequestDetail:
    detail = request_queries.request_detail(request.pk)
    assert detail is not None
    return detail


def test_a_line_says_what_it_replaces_and_where_its_version_ran(house: House) -> None:
    old, new = house.version(house.claims_web, "1.0.0"), house.version(house.claims_web, "2.0.0")
    with clock.at(clock.now() - timedelta(days=3)):
        install(house, old, house.production)
        install(house, new, house.integration)
    install(house, new, house.acceptance)
    install(house, house.version(house.claims_web, "2.1.0"), house.integration)
    (line,) = detail_of(request_in_state(house, RequestState.SUBMITTED)).items
    assert (line.from_text, line.to_text, line.is_there_already) == ("1.0.0", "2.0.0", False)
    assert [(ran.environment, ran.is_there) for ran in line.ran] == [
        (house.integration, False), (house.acceptance, True),
    ]  # fmt: skip


def test_a_line_says_when_the_version_is_there_already_or_nobody_knows(house: House) -> None:
    version = house.version(house.claims_web, "2.0.0")
    install(house, version, house.production)
    request = request_in_state(house, RequestState.SUBMITTED)
    assert detail_of(request).items[0].is_there_already
    inventory.mark_uncertain(
        actor=house.cast.operator, component=house.claims_web, environment=house.production, target=None,
        attempted=house.version(house.claims_web, "2.1.0"), source_kind=SourceKind.RUN, source_id=1,
        source_name="run",
    )  # fmt: skip
    (line,) = detail_of(request).items
    assert line.is_uncertain and not line.is_there_already


def test_features_come_in_three_groups(house: House) -> None:
    request = request_in_state(house, RequestState.SUBMITTED)
    extra = FeatureFactory(key="CR-6999")
    for feature in (house.photos, extra):
        FeatureInVersion.objects.create(version=request.items.get().version, feature=feature)
    groups = detail_of(request).features
    assert [line.feature for line in groups.delivered] == [house.photos]
    assert [line.feature for line in groups.missing] == [house.payouts]
    assert [line.feature for line in groups.unexpected] == [extra]
    (photos,) = groups.delivered
    assert (photos.held_by, [part.application for part in photos.others]) == (
        ("claims-web 2.0.0",), [house.portal],
    )  # fmt: skip
    assert photos.part is not None


def test_a_request_that_is_not_there_is_none(house: House) -> None:
    assert request_queries.request_detail(10**6) is None


def verbs(request: DeploymentRequest, person: Person) -> dict[str, bool]:
    request = DeploymentRequest.objects.get(pk=request.pk)
    return {action.verb: action.allowed for action in request_actions.actions_for(request, person)}


@pytest.mark.parametrize(
    ("state", "of_requester", "of_manager"),
    [
        ("draft", {"submit", "edit", "withdraw", "comment"}, {"comment"}),
        ("submitted", {"edit", "withdraw", "comment"},
         {"approve", "send_back", "edit", "reject", "withdraw", "comment"}),
        ("sent_back", {"submit", "edit", "withdraw", "comment"}, {"submit", "edit", "reject", "withdraw", "comment"}),
        ("approved", {"edit", "withdraw", "comment"}, {"edit", "reject", "withdraw", "comment"}),
        ("planned", {"edit", "withdraw", "comment"}, {"edit", "reject", "withdraw", "comment"}),
        ("deploying", {"comment"}, {"comment"}),
        ("failed", {"retry", "withdraw", "comment"}, {"retry", "withdraw", "comment"}),
        ("deployed", {"comment"}, {"comment"}),
        ("rejected", {"comment"}, {"comment"}),
    ],
)  # fmt: skip
def test_the_verbs_that_are_offered_follow_state_and_person(
    house: House, state: str, of_requester: set[str], of_manager: set[str]
) -> None:
    request = request_in_state(house, state)
    for person, expected in ((house.cast.developer, of_requester), (house.cast.release_manager, of_manager)):
        person.__dict__.pop("_grants", None)
        assert {verb for verb, allowed in verbs(request, person).items() if allowed} == expected


def test_the_auditor_sees_why_not_for_each_verb(house: House) -> None:
    request = request_in_state(house, RequestState.SUBMITTED)
    for action in request_actions.actions_for(request, house.cast.auditor):
        assert action.allowed == (action.verb == "comment")
        assert action.allowed or action.why_not.endswith(".")


def test_nobody_is_asked_to_approve_what_is_blocked(house: House) -> None:
    request = request_in_state(house, RequestState.SUBMITTED)
    ComponentVersion.objects.update(blocked_at=clock.now(), blocked_reason="loses photographs")
    action = request_actions.action_for("approve", request, house.cast.release_manager)
    assert action is not None
    assert not action.allowed
    assert "loses photographs" in action.why_not


def test_an_empty_draft_says_what_submitting_needs(house: House) -> None:
    request = request_in_state(house, RequestState.DRAFT, items=[])
    action = request_actions.action_for("submit", request, house.cast.developer)
    assert action is not None
    assert action.why_not.startswith("Add a line first")


def test_lists_are_narrowed(house: House) -> None:
    draft = request_in_state(house, RequestState.DRAFT, title="Photographs")
    over = request_in_state(house, RequestState.WITHDRAWN, environment=house.acceptance)
    by_hand = request_in_state(
        house, RequestState.SUBMITTED, requester=house.cast.teammate,
        items=[ItemDraft(kind=ItemKind.MANUAL, title="Call the desk"),
               ItemDraft(kind=ItemKind.REMOVE, component=house.claims_db)],
    )  # fmt: skip

    def found(**narrowed: object) -> list[DeploymentRequest]:
        page = request_queries.requests_page(RequestFilter(**narrowed))  # type: ignore[arg-type]
        return [row.request for row in page.items]

    assert found() == [by_hand, over, draft]
    assert found(open_only=True) == [by_hand, draft]
    assert found(states=["withdrawn"]) == found(environment=house.acceptance.pk) == [over]
    assert found(requester=house.cast.teammate.pk) == [by_hand]
    assert found(text="photo") == found(text=f"#{draft.pk}") == [draft]
    assert found(application=house.billing.pk) == found(text="9" * 40) == found(release=10**6) == []
    (row,) = request_queries.requests_page(RequestFilter(states=["submitted"])).items
    assert row.lines == ("Call the desk", "remove claims-db")
    assert row.wait is not None


def test_a_damaged_cursor_is_refused(house: House) -> None:
    with pytest.raises(Invalid):
        request_queries.requests_page(cursor="'; drop table")


def test_what_was_filed_together_is_shown_together(house: House) -> None:
    drafts = [
        RequestDraft(application=one, environment=house.production) for one in (house.claims, house.portal)
    ]
    first, second = services.create_requests(actor=house.cast.developer, drafts=drafts)
    assert detail_of(first).filed_together == (second,)


def test_what_changed_since_the_approval_is_shown_until_it_is_approved_again(house: House) -> None:
    request = request_in_state(house, RequestState.APPROVED)
    assert detail_of(request).changed_since_approval is None
    newer = house.version(house.claims_web, "2.0.1")
    services.edit_request(
        actor=house.cast.developer,
        request=request,
        changes=RequestChanges(items=[ItemDraft(component=house.claims_web, version=newer)]),
    )
    detail = detail_of(request)
    change = detail.changed_since_approval
    assert change is not None
    assert (change.gone, change.new) == (["claims-web 2.0.0"], ["claims-web 2.0.1"])
    assert [one.approver for one in request.approvals.all()] == [house.cast.release_manager]
    services.approve_request(actor=house.cast.release_manager, request=request)
    assert detail_of(request).changed_since_approval is None


@pytest.mark.parametrize("number", [2**63, 2**64, -(2**70)])
def test_numbers_that_no_row_can_have_find_nothing(house: House, number: int) -> None:
    assert request_queries.request_detail(number) is None
    for name in ("application", "environment", "release", "requester", "run"):
        narrowed = RequestFilter(**{name: number})  # type: ignore[arg-type]
        assert not request_queries.requests_page(narrowed).items
