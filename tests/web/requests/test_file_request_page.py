"""Filing on one page without JavaScript: it opens filled, every change is a submit button, nothing typed is lost."""

import pytest
from django.test import Client

from releaseorch.audit.models import Event
from releaseorch.delivery.models import DeploymentRequest, RequestItem
from releaseorch.delivery.states import ItemKind, RequestState
from releaseorch.environments import inventory
from tests.factories import House
from tests.web.requests.forms import NEW, form_of, press


@pytest.fixture
def built(house: House) -> House:
    """claims-db and claims-web 2.0.0 are in Acceptance; Production has claims-db 1.0.0."""
    for component, text, environment in (
        (house.claims_db, "1.0.0", house.production), (house.claims_db, "2.0.0", house.acceptance),
        (house.claims_web, "2.0.0", house.acceptance),
    ):  # fmt: skip
        version, _ = component.versions.get_or_create(text=text, defaults={"digest": f"sha256:{text}"})
        inventory.install(
            actor=house.cast.operator,
            component=component,
            environment=environment,
            target=None,
            version=version,
            source_kind="import",
            source_id=None,
            source_name="first import",
        )
    return house


def to_production(house: House) -> str:
    return f"{NEW}?application={house.claims.pk}&environment={house.production.pk}"


def test_it_opens_filled_with_what_differs_from_the_environment_before(built: House, door) -> None:
    answer = door(built.cast.developer).get(to_production(built))
    text = answer.content.decode()
    assert answer.status_code == 200
    form = form_of(answer, NEW)
    assert form.values["lines"] == ["2"]
    assert [str(line.version) for line in answer.context["typed"].lines] == [
        "claims-db 2.0.0",
        "claims-web 2.0.0",
    ]
    assert "CR-4987" in text and "CR-5003" in text  # the release under way, by itself
    assert form.values["release"] == [str(built.release.pk)]
    assert "1.0.0" in text  # what it would replace


def test_a_developer_without_script_files_a_request_with_a_manual_step(built: House, door) -> None:
    client = door(built.cast.developer)
    page = client.get(to_production(built))
    page = press(client, page, NEW, "manual-after", title="Claims 2.0", note="Tested for a week.")
    assert page.status_code == 200
    page = press(
        client,
        page,
        NEW,
        "manual-before",
        **{
            "title-2": "Release the payouts",
            "instructions-2": "1. Open the console.",
            "anchor-2": "1",
            "minutes-2": "15",
        },
    )
    page = press(client, page, NEW, "remove-3")
    page = press(client, page, NEW, "up-2")
    answer = press(client, page, NEW, "submit")
    request = DeploymentRequest.objects.get()
    assert answer.status_code == 303 and answer["Location"] == f"/requests/{request.pk}"
    assert request.state == RequestState.SUBMITTED
    assert (request.title, request.note, request.requester) == (
        "Claims 2.0",
        "Tested for a week.",
        built.cast.developer,
    )
    db, manual, web = request.items.all()
    assert (db.component, manual.title, web.component) == (
        built.claims_db,
        "Release the payouts",
        built.claims_web,
    )
    assert (manual.kind, manual.placement, manual.anchor, manual.expected_s) == (
        ItemKind.MANUAL,
        "after",
        web,
        900,
    )
    assert {line.feature for line in request.features.all()} == {built.photos, built.payouts}
    assert [event.verb for event in Event.objects.filter(subject_kind="request").order_by("pk")] == [
        "request.created", "request.submitted",
    ]  # fmt: skip


def test_saved_as_a_draft_it_asks_nobody(built: House, door) -> None:
    client = door(built.cast.developer)
    press(client, client.get(to_production(built)), NEW, "draft")
    assert DeploymentRequest.objects.get().state == RequestState.DRAFT


def test_another_environment_brings_other_lines_while_nobody_touched_them(built: House, door) -> None:
    client = door(built.cast.developer)
    page = client.get(to_production(built))
    untouched = press(client, page, NEW, "update", environment=str(built.acceptance.pk))
    assert untouched.context["typed"].lines == ()  # nothing was in Integration
    page = press(client, page, NEW, "remove-0")
    touched = press(client, page, NEW, "update", environment=str(built.acceptance.pk))
    assert len(touched.context["typed"].lines) == 1


def test_another_application_brings_its_own_lines_and_keeps_what_was_typed(built: House, door) -> None:
    client = door(built.cast.developer)
    page = press(
        client,
        client.get(to_production(built)),
        NEW,
        "update",
        application=str(built.portal.pk),
        title="Mine",
    )
    assert page.context["typed"].application == built.portal
    assert all(line.component.application == built.portal for line in page.context["typed"].lines)
    assert form_of(page, NEW).values["title"] == ["Mine"]


def test_saved_at_once_after_another_choice_the_lines_of_the_old_application_stay_out(
    built: House, door
) -> None:
    client = door(built.cast.developer)
    answer = press(client, client.get(to_production(built)), NEW, "draft", application=str(built.portal.pk))
    assert answer.status_code == 303
    assert not RequestItem.objects.exists()
    submitted = press(
        client, client.get(to_production(built)), NEW, "submit", application=str(built.portal.pk)
    )
    assert submitted.status_code == 200 and "left out" in submitted.content.decode()
    assert DeploymentRequest.objects.count() == 1


def test_a_component_is_added_with_its_newest_good_version(built: House, door) -> None:
    bad = built.version(built.claims_web, "2.1.0")
    client = door(built.cast.developer)
    client.post(f"/versions/{bad.pk}/block", {"reason": "Loses photographs."})
    page = press(client, client.get(to_production(built)), NEW, "remove-1")
    page = press(client, page, NEW, "add", add=str(built.claims_web.pk))
    assert [line.version.text for line in page.context["typed"].lines] == ["2.0.0", "2.0.0"]
    assert "2.1.0, blocked" in page.content.decode()


def test_what_would_block_it_is_said_before_anybody_is_asked(built: House, door) -> None:
    client = door(built.cast.developer)
    page = client.get(to_production(built))
    sentences = [check.sentence for check in page.context["checks"]]
    assert any(
        "Customer Portal, which has filed nothing" in one or "CR-4987 is expected" in one for one in sentences
    )
    assert page.context["plan"].needed_steps
    assert "Release management" in page.content.decode()  # who will be asked


def test_wrong_input_comes_back_as_typed_with_its_sentence(built: House, door) -> None:
    client = door(built.cast.developer)
    page = press(client, client.get(to_production(built)), NEW, "manual-after", title="Keep me")
    answer = press(client, page, NEW, "submit", note="And me.", **{"minutes-2": "soon"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Line 3: give the time it takes in minutes." in text
    assert 'value="Keep me"' in text and "And me." in text and 'value="soon"' in text
    answer = press(client, page, NEW, "submit", **{"minutes-2": "5"})
    assert answer.status_code == 422 and "say what is to be done by hand" in answer.content.decode()
    assert not DeploymentRequest.objects.exists()


@pytest.mark.parametrize(
    "change", [{"wish_from": "yesterday"}, {"application": ""}, {"environment": "999999"}]
)
def test_a_choice_that_is_none_is_a_sentence_and_no_request(
    built: House, door, change: dict[str, str]
) -> None:
    client = door(built.cast.developer)
    form = form_of(client.get(to_production(built)), NEW)
    answer = client.post(NEW, {**form.values, **change, "do": "submit"})
    assert answer.status_code == 422 and "Nothing was saved." in answer.content.decode()
    assert not DeploymentRequest.objects.exists()


def test_on_behalf_of_a_teammate_it_is_theirs(built: House, door) -> None:
    client = door(built.cast.developer)
    press(client, client.get(to_production(built)), NEW, "submit", on_behalf_of=str(built.cast.teammate.pk))
    request = DeploymentRequest.objects.get()
    assert (request.requester, request.filed_by) == (built.cast.teammate, built.cast.developer)


def test_several_applications_are_filed_at_once_or_not_at_all(built: House, door) -> None:
    client = door(built.cast.developer)
    version = built.version(built.portal_front, "7.0.0")
    inventory.install(
        actor=built.cast.operator, component=built.portal_front, environment=built.acceptance, target=None,
        version=version, source_kind="import", source_id=None, source_name="first import",
    )  # fmt: skip
    page = client.get(to_production(built))
    page = press(client, page, NEW, "update", also=str(built.portal.pk))
    assert "portal-front 7.0.0" in page.content.decode()
    press(client, page, NEW, "submit")
    portal, claims = DeploymentRequest.objects.order_by("application__name")[::-1]
    assert claims.filed_with == portal.filed_with != ""
    assert {claims.state, portal.state} == {RequestState.SUBMITTED}


def test_when_one_of_several_is_refused_none_is_filed(built: House, door) -> None:
    client = door(built.cast.developer)
    page = press(client, client.get(to_production(built)), NEW, "update", also=str(built.portal.pk))
    answer = press(client, page, NEW, "submit")  # nothing differs for the portal: a request without lines
    assert answer.status_code == 422
    assert not DeploymentRequest.objects.exists()


def test_who_may_not_file_reads_who_may(built: House, door) -> None:
    client = door(built.cast.outsider)
    assert "You can look, but not file." in client.get(NEW).content.decode()
    form = form_of(door(built.cast.developer).get(to_production(built)), NEW)
    answer = client.post(NEW, {**form.values, "do": "submit"})
    assert answer.status_code == 403 and "developer, release manager" in answer.content.decode()
    assert not DeploymentRequest.objects.exists()


def test_the_part_alone_comes_when_htmx_asks(built: House, door) -> None:
    client = door(built.cast.developer)
    form = form_of(client.get(to_production(built)), NEW)
    answer = client.post(NEW, {**form.values, "do": "update"}, headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert text.lstrip().startswith('<form id="filing"') and "<html" not in text


def test_the_same_lines_are_filed_for_the_next_environment(built: House, door, client: Client) -> None:
    page = door(built.cast.developer)
    first = press(
        page, page.get(f"{NEW}?application={built.claims.pk}&environment={built.acceptance.pk}"), NEW, "draft"
    )
    pk = first["Location"].rpartition("/")[2]
    again = page.get(f"{NEW}?request={pk}")
    assert again.context["typed"].environment == built.production


def test_it_is_about_the_features_that_stay_ticked(built: House, door) -> None:
    client = door(built.cast.developer)
    press(client, client.get(to_production(built)), NEW, "draft", feature=[str(built.payouts.pk)])
    assert [line.feature for line in DeploymentRequest.objects.get().features.all()] == [built.payouts]


def test_without_a_release_it_is_about_no_feature(built: House, door) -> None:
    client = door(built.cast.developer)
    press(client, client.get(to_production(built)), NEW, "draft", release="")
    assert not DeploymentRequest.objects.get().features.exists()


def test_somebody_else_has_filed_it_already(built: House, door) -> None:
    page = door(built.cast.teammate)
    press(page, page.get(to_production(built)), NEW, "submit")
    text = door(built.cast.developer).get(to_production(built)).content.decode()
    assert "of Theo Lindqvist for the same application and environment is submitted." in text


def test_same_as_last_time_takes_the_newest_versions(built: House, door) -> None:
    client = door(built.cast.developer)
    page = press(client, client.get(to_production(built)), NEW, "last")
    assert page.context["typed"].lines == ()  # nothing was deployed there by request yet
