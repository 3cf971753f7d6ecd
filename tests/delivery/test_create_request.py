"""Creating requests: for oneself, on behalf of a team member, for several applications at once."""

from datetime import timedelta

import pytest

from releaseorch.audit.models import Event
from releaseorch.catalog.models import ComponentVersion
from releaseorch.core import clock
from releaseorch.core.errors import Invalid, NotAllowed
from releaseorch.delivery import services
from releaseorch.delivery.drafts import ItemDraft, RequestDraft, items_from
from releaseorch.delivery.models import DeploymentRequest, RequestItem
from releaseorch.delivery.states import ItemKind, ItemPlacement, RequestState
from tests.factories import House, ReleaseFactory

pytestmark = pytest.mark.django_db


def line(house: House, text: str = "2.0.0") -> ItemDraft:
    return ItemDraft(component=house.claims_web, version=house.version(house.claims_web, text))


def create(house: House, *items: ItemDraft, **values: object) -> DeploymentRequest:
    given = {
        "actor": house.cast.developer,
        "application": house.claims,
        "environment": house.production,
        **values,
    }
    return services.create_request(items=items, **given)  # type: ignore[arg-type]


def test_a_new_request_is_a_draft_of_its_requester(house: House) -> None:
    request = create(house, line(house), title="Photographs", note="On Saturday.")
    assert (request.state, request.requester, request.filed_by) == (
        RequestState.DRAFT, house.cast.developer, None,
    )  # fmt: skip
    event = Event.objects.get(verb="request.created")
    assert event.after["items"] == ["claims-web 2.0.0"]
    assert request.content_digest == event.after["digest"] != ""


def test_it_is_about_the_features_of_its_application_in_the_release(house: House) -> None:
    request = create(house, release=house.release)
    assert {one.feature for one in request.features.all()} == {house.photos, house.payouts}
    portal = create(house, application=house.portal, release=house.release)
    assert [one.feature for one in portal.features.all()] == [house.photos]
    chosen = create(house, release=house.release, features=[house.payouts])
    assert [one.feature for one in chosen.features.all()] == [house.payouts]


def test_a_manual_step_stands_to_its_line(house: House) -> None:
    manual = ItemDraft(
        kind=ItemKind.MANUAL,
        title="Stop payouts",
        placement=ItemPlacement.BEFORE,
        anchor=1,
        team=house.cast.billing,
    )
    request = create(house, manual, line(house))
    first, second = request.items.all()
    assert (first.title, first.anchor, first.placement) == ("Stop payouts", second, "before")


@pytest.mark.parametrize("who", ["outsider", "auditor", "other_developer", "operator"])
def test_who_has_no_right_there_files_nothing(house: House, who: str) -> None:
    with pytest.raises(NotAllowed):
        create(house, line(house), actor=getattr(house.cast, who))
    assert not DeploymentRequest.objects.exists()


def test_somebody_files_for_a_team_member(house: House) -> None:
    request = create(house, line(house), actor=house.cast.release_manager, on_behalf_of=house.cast.developer)
    assert (request.requester, request.filed_by) == (house.cast.developer, house.cast.release_manager)


def test_nobody_files_for_somebody_who_may_not_file(house: House) -> None:
    with pytest.raises(NotAllowed, match="Omar Haddad may not file requests for Claims"):
        create(house, line(house), actor=house.cast.release_manager, on_behalf_of=house.cast.other_developer)
    with pytest.raises(Invalid, match="not of a robot"):
        create(house, actor=house.cast.release_manager, on_behalf_of=house.cast.robot)


def test_several_applications_are_filed_together(house: House) -> None:
    api = house.version(house.billing_api)
    drafts = [
        RequestDraft(application=house.claims, environment=house.production, items=[line(house)]),
        RequestDraft(
            application=house.billing, environment=house.production,
            items=[ItemDraft(component=house.billing_api, version=api)],
        ),
    ]  # fmt: skip
    first, second = services.create_requests(actor=house.cast.release_manager, drafts=drafts)
    assert first.filed_with == second.filed_with != ""
    assert Event.objects.filter(verb="request.created").count() == 2


def test_several_applications_are_filed_together_or_not_at_all(house: House) -> None:
    drafts = [
        RequestDraft(application=house.claims, environment=house.production, items=[line(house)]),
        RequestDraft(application=house.billing, environment=house.production, items=[line(house, "2.0.1")]),
    ]
    with pytest.raises(Invalid) as refused:
        services.create_requests(actor=house.cast.release_manager, drafts=drafts)
    assert list(refused.value.fields) == ["2.items"]
    assert not DeploymentRequest.objects.exists()
    assert not Event.objects.filter(verb="request.created").exists()


def faulty(house: House, fault: str) -> list[ItemDraft]:
    web = house.version(house.claims_web)
    blocked = house.version(house.claims_web, "1.9.9")
    ComponentVersion.objects.filter(pk=blocked.pk).update(
        blocked_at=clock.now(), blocked_reason="loses photographs"
    )
    manual = ItemDraft(kind=ItemKind.MANUAL, title="Call the desk")
    lines = {
        "no component": [ItemDraft()],
        "no version": [ItemDraft(component=house.claims_web)],
        "deleted version": [
            ItemDraft(component=house.claims_web, version=ComponentVersion(pk=2**40, text="9"))
        ],
        "version of another component": [ItemDraft(component=house.claims_db, version=web)],
        "component of another application": [ItemDraft(component=house.billing_api, version=web)],
        "blocked version": [ItemDraft(component=house.claims_web, version=blocked)],
        "removal with a version": [ItemDraft(kind=ItemKind.REMOVE, component=house.claims_web, version=web)],
        "twice": [ItemDraft(component=house.claims_web, version=one) for one in (web, web)],
        "untitled manual step": [ItemDraft(kind=ItemKind.MANUAL, title=" ")],
        "manual step with a component": [
            ItemDraft(kind=ItemKind.MANUAL, title="Look", component=house.claims_web)
        ],
        "anchor that is no line": [ItemDraft(kind=ItemKind.MANUAL, title="Look", anchor=7)],
        "anchor that is manual": [manual, ItemDraft(kind=ItemKind.MANUAL, title="Look", anchor=0)],
        "endless step": [ItemDraft(kind=ItemKind.MANUAL, title="Look", expected_s=10**9)],
        "too many lines": [manual] * 201,
    }
    return lines[fault]


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("no component", "Line 1: choose a component"),
        ("no version", "Line 1: choose a version of claims-web that is registered"),
        ("deleted version", "Line 1: choose a version of claims-web that is registered"),
        ("version of another component", "2.0.0 is a version of another component, not of claims-db"),
        ("component of another application", "billing-api belongs to Billing, not to Claims"),
        ("blocked version", "claims-web 1.9.9 is blocked: loses photographs"),
        ("removal with a version", "removing claims-web needs no version"),
        ("twice", "claims-web is in two lines"),
        ("untitled manual step", "say what is to be done by hand"),
        ("manual step with a component", "a manual step has no component of its own"),
        ("anchor that is no line", "a manual step stands before, after or along with a line"),
        ("anchor that is manual", "a manual step stands before, after or along with a line"),
        ("endless step", "a step lasts between 0 and 7 days"),
        ("too many lines", "200 lines at most"),
    ],
)
def test_a_line_that_cannot_be_deployed_is_refused_with_its_number(
    house: House, fault: str, sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence) as refused:
        create(house, *faulty(house, fault))
    assert list(refused.value.fields) == ["items"]
    assert not DeploymentRequest.objects.exists()
    assert not RequestItem.objects.exists()


def test_a_release_of_another_application_is_refused(house: House) -> None:
    with pytest.raises(Invalid, match="release of another application"):
        create(house, release=ReleaseFactory(application=house.billing))


def test_a_wish_that_ends_before_it_begins_is_refused(house: House) -> None:
    now = clock.now()
    with pytest.raises(Invalid, match="ends before it begins") as refused:
        create(house, wish_from=now, wish_until=now - timedelta(hours=1))
    assert list(refused.value.fields) == ["wish_until"]


BAD_TITLES = {
    "too long": "x" * 10_000,
    "control character": "Photo\x07graphs",
    "NUL": "Photo\x00graphs",
    "line break": "Photo\ngraphs",
    "right-to-left mark": "Photo\u202egraphs",
    "lone surrogate": "Photo\ud800graphs",
}


@pytest.mark.parametrize("text", BAD_TITLES.values(), ids=BAD_TITLES)
def test_a_title_that_is_no_plain_line_is_refused(house: House, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        create(house, title=text)
    assert list(refused.value.fields) == ["title"]
    assert not DeploymentRequest.objects.exists()


@pytest.mark.parametrize(
    "text", ["x" * 10_001, "a\x00b", "a\ud800b"], ids=["too long", "NUL", "lone surrogate"]
)
def test_a_note_or_instructions_that_cannot_be_kept_are_refused(house: House, text: str) -> None:
    with pytest.raises(Invalid):
        create(house, note=text)
    with pytest.raises(Invalid) as refused:
        create(house, ItemDraft(kind=ItemKind.MANUAL, title="Look", instructions=text))
    assert list(refused.value.fields) == ["items.1.instructions"]
    assert not DeploymentRequest.objects.exists()


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "{{7*7}}", "${component}", "Ж 請求 🚀"])
def test_what_only_looks_dangerous_is_kept_as_typed(house: House, text: str) -> None:
    assert DeploymentRequest.objects.get(pk=create(house, title=text).pk).title == text


def test_lines_by_id_become_drafts(house: House) -> None:
    version = house.version(house.claims_web)
    drafts = items_from([
        {"component_id": house.claims_web.pk, "version_id": version.pk},
        {"kind": "manual", "title": "Look", "placement": "before", "anchor": 0, "team_id": house.cast.claims.pk},
    ])  # fmt: skip
    assert (drafts[0].component, drafts[0].version) == (house.claims_web, version)
    assert (drafts[1].team, drafts[1].anchor) == (house.cast.claims, 0)


@pytest.mark.parametrize("version", [99, 2**63, 2**63 - 1, -(2**70)])
def test_lines_with_unknown_ids_are_named(house: House, version: int) -> None:
    with pytest.raises(Invalid, match=f"Line 1: there is no version {version}"):
        items_from([{"component_id": house.claims_web.pk, "version_id": version}])


def test_a_line_of_an_unknown_kind_is_named(house: House) -> None:
    with pytest.raises(Invalid, match="Line 1: 'explode' is not a valid"):
        items_from([{"kind": "explode"}])
