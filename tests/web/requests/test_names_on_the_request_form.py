"""Where there are too many rows for a select, the form of a request takes their names, and keeps what it can't find."""

import pytest

from releaseorch.accounts.models import Team
from releaseorch.catalog.models import Application
from releaseorch.core.choosing import MOST_OFFERED
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState as R
from tests.factories import House, TeamFactory
from tests.histories import request_in_state
from tests.web.requests.forms import NEW, form_of, press

MANY = MOST_OFFERED + 1


@pytest.fixture
def crowd(house: House) -> House:
    team = TeamFactory()
    Team.objects.bulk_create(Team(name=f"Crew {n}", slug=f"crew-{n}") for n in range(MANY))
    Application.objects.bulk_create(
        Application(name=f"Application {n}", slug=f"application-{n}", team=team) for n in range(MANY)
    )
    return house


def test_an_application_is_typed_by_its_name(crowd: House, door) -> None:
    client = door(crowd.cast.release_manager)
    opened = client.get(NEW)
    assert '<input type="search" id="application"' in opened.content.decode()

    drawn = press(client, opened, NEW, "update", application="customer portal")
    form = form_of(drawn, NEW)
    assert form.values["application"] == ["Customer Portal"]
    assert form.values["was_application"] == [str(crowd.portal.pk)]

    press(client, drawn, NEW, "draft", environment=str(crowd.acceptance.pk))
    assert DeploymentRequest.objects.get().application == crowd.portal


def test_a_name_that_nothing_has_is_kept_and_refused(crowd: House, door) -> None:
    client = door(crowd.cast.release_manager)
    drawn = press(client, client.get(NEW), NEW, "update", application="Custmer Portal")
    assert "No application is called so." in drawn.content.decode()
    assert form_of(drawn, NEW).values["application"] == ["Custmer Portal"]

    refused = client.post(
        NEW, {"application": "Custmer Portal", "environment": crowd.acceptance.pk, "do": "draft"}
    )
    assert refused.status_code == 422
    assert "There is nothing of that name here: Custmer Portal." in refused.content.decode()
    assert not DeploymentRequest.objects.exists()


def test_the_own_team_still_chooses_from_a_list(crowd: House, door) -> None:
    text = door(crowd.cast.developer).get(NEW).content.decode()
    assert '<select id="application"' in text and "Customer Portal" in text and "Application 7" not in text


def test_ticks_stay_while_the_name_of_the_application_does(crowd: House, door) -> None:
    client = door(crowd.cast.release_manager)
    drawn = press(client, client.get(NEW), NEW, "update", application="Claims", release=str(crowd.release.pk))
    once = client.post(NEW, {**form_of(drawn, NEW).values, "do": "update", "feature": [str(crowd.photos.pk)]})
    ticked = once.content.decode().split('name="feature"')
    assert [" checked" in one.partition(">")[0] for one in ticked[1:]] == [True, False]


def test_a_step_by_hand_names_its_team(crowd: House, door) -> None:
    client = door(crowd.cast.release_manager)
    typed = {
        "application": "Claims", "environment": crowd.acceptance.pk, "lines": "1", "kind-0": "manual",
        "title-0": "Call the desk", "team-0": "Crew 7", "do": "draft",
    }  # fmt: skip
    client.post(NEW, typed)
    assert DeploymentRequest.objects.get().items.get().team == Team.objects.get(name="Crew 7")
    refused = client.post(NEW, {**typed, "team-0": "Crew seven"})
    assert refused.status_code == 422 and 'value="Crew seven"' in refused.content.decode()
    assert "Line 1: there is no team called Crew seven." in refused.content.decode()


def test_a_line_added_on_the_page_names_its_team(crowd: House, door) -> None:
    request = request_in_state(crowd, R.DRAFT)
    client, address = door(crowd.cast.developer), f"/requests/{request.pk}/add-item"
    assert '<input type="search" id="add-team"' in client.get(f"/requests/{request.pk}").content.decode()
    refused = client.post(
        address, {"title": "Call the desk", "team": "Crew seven", "version": request.row_version}
    )
    assert refused.status_code == 422 and "Crew seven" in refused.content.decode()
    client.post(address, {"title": "Call the desk", "team": "crew 7", "version": request.row_version})
    assert request.items.get(title="Call the desk").team == Team.objects.get(name="Crew 7")
