"""My work: what needs me first, what I wait for, the features I follow; for a newcomer who they are and what to do."""

from releaseorch.delivery import services
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.states import RequestState as R
from releaseorch.environments import inventory
from tests.factories import House
from tests.histories import request_in_state, run_in_state


def mine(door, person) -> str:
    return door(person).get("/").content.decode()


def test_an_approver_finds_what_waits_for_approval(house: House, door) -> None:
    request = request_in_state(house, R.SUBMITTED)
    text = mine(door, house.cast.release_manager)
    assert "Approve a request as Release management" in text and f"/requests/{request.pk}" in text
    assert "Approve a request" not in mine(door, house.cast.auditor)


def test_a_run_waits_for_somebody_else_than_its_composer(house: House, door) -> None:
    run = run_in_state(house, "proposed")
    assert "Approve a run" in mine(door, house.cast.second_manager)
    assert "Approve a run" not in mine(door, house.cast.release_manager)
    assert f"/runs/{run.pk}" in mine(door, house.cast.second_manager)


def test_a_requester_sees_what_waits_for_them_and_what_they_wait_for(house: House, door) -> None:
    back, open_one = request_in_state(house, R.SENT_BACK), request_in_state(house, R.SUBMITTED)
    text = mine(door, house.cast.developer)
    now, _, rest = text.partition("What I wait for, 1")
    assert f"/requests/{back.pk}" in now and back.last_reason in now
    assert f"/requests/{open_one.pk}" in rest and "Waits for the approval of Release management." in rest
    assert "Of my team, 2" in mine(door, house.cast.teammate)


def test_the_owner_of_a_feature_sees_where_it_can_be_tried(house: House, door) -> None:
    house.photos.owner = house.cast.outsider
    house.photos.save()
    version = house.version(house.claims_web)
    version_line = house.photos.held_by.create(version=version)
    inventory.install(
        actor=house.cast.operator, component=house.claims_web, environment=house.acceptance, target=None,
        version=version_line.version, source_kind="import", source_id=None, source_name="first import",
    )  # fmt: skip
    text = mine(door, house.cast.outsider)
    assert "CR-4987" in text and "own it" in text
    assert "Acceptance: claims-web" in text


def test_a_manual_step_is_taken_from_here(house: House, door) -> None:
    version = house.version(house.portal_front)
    items = [ItemDraft(component=house.portal_front, version=version)]
    request = services.create_request(
        actor=house.cast.developer, application=house.portal, environment=house.production, items=items
    )
    services.submit_request(actor=house.cast.developer, request=request)
    services.approve_request(actor=house.cast.release_manager, request=request)
    run = run_in_state(house, "running", requests=[request])
    step = run.steps.get(kind="manual")
    text = mine(door, house.cast.teammate)
    assert f'action="/steps/{step.pk}/take"' in text
    assert f"/steps/{step.pk}/take" not in mine(door, house.cast.other_developer)


def test_a_newcomer_reads_who_they_are_and_what_to_do_first(house: House, door) -> None:
    text = mine(door, house.cast.developer)
    assert "Nothing waits for you." in text
    assert "Claims" in text and "Customer Portal" in text  # the team's applications
    assert 'href="/requests/new"' in text and 'href="/board"' in text
    assert "you see everything here and change nothing" in mine(door, house.cast.outsider)


def test_a_long_part_leads_to_the_list_that_shows_all_of_it(house: House, door) -> None:
    made = [request_in_state(house, R.SUBMITTED) for _ in range(12)]
    developer, teammate = door(house.cast.developer), door(house.cast.teammate)
    text = mine(door, house.cast.developer)
    assert "What I wait for, 12" in text and "All 12 of mine under way" in text
    assert f'/requests/{made[0].pk}"' not in text
    assert f'/requests/{made[0].pk}"' in developer.get("/requests?mine=1").content.decode()

    assert 'href="/requests?team=1"' in mine(door, house.cast.teammate)
    assert f'/requests/{made[0].pk}"' in teammate.get("/requests?team=1").content.decode()
    assert (
        f'/requests/{made[0].pk}"' not in door(house.cast.outsider).get("/requests?team=1").content.decode()
    )


def test_all_that_needs_somebody_is_one_click_away(house: House, door) -> None:
    made = [request_in_state(house, R.SENT_BACK) for _ in range(22)]
    text = mine(door, house.cast.developer)
    assert "Now, 22" in text and "The 20 most urgent ones of 22." in text
    assert f'/requests/{made[0].pk}"' not in text
    text = door(house.cast.developer).get("/?all=now").content.decode()
    assert f'/requests/{made[0].pk}"' in text


def test_what_ended_and_what_somebody_follows_can_be_listed(house: House, door) -> None:
    over, open_one = request_in_state(house, R.WITHDRAWN), request_in_state(house, R.SUBMITTED)
    text = door(house.cast.developer).get("/requests?mine=1&state=over").content.decode()
    assert f"/requests/{over.pk}" in text and f"/requests/{open_one.pk}" not in text
    house.photos.owner = house.cast.outsider
    house.photos.save()
    text = door(house.cast.outsider).get("/features?mine=1").content.decode()
    assert "CR-4987" in text and "CR-5003" not in text
