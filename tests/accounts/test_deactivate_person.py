"""Somebody leaves: all their open work goes to somebody named, or nothing happens; their doors close."""

from datetime import timedelta

import pytest
from django.test import Client

from releaseorch.accounts import holdings, services, tokens
from releaseorch.accounts.models import Person, RoleGrant
from releaseorch.accounts.roles import Role
from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.delivery import services as delivery
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.environments import services as environments
from releaseorch.features.models import Feature
from releaseorch.runs.states import RunState
from releaseorch.waiting.models import Interval
from tests.characters import PASSWORD
from tests.doors.step_verbs import claimed
from tests.factories import House
from tests.histories import request_in_state, run_in_state

pytestmark = pytest.mark.django_db
WHY = "Left the company."


def leave(house: House, person: Person, **values: object) -> Person:
    return services.deactivate_person(
        actor=house.cast.administrator, person=person, reason=WHY, **values,  # type: ignore[arg-type]
    )  # fmt: skip


def keys(person: Person) -> set[str]:
    return {holding.key for holding in holdings.held_by(person)}


def test_everything_open_is_listed_and_goes_to_those_named(house: House) -> None:
    cast = house.cast
    RoleGrant.objects.create(person=cast.developer, role=Role.QA_LEAD)
    draft = request_in_state(house, RequestState.DRAFT)
    filed = request_in_state(house, RequestState.SUBMITTED)
    Feature.objects.filter(pk=house.photos.pk).update(owner=cast.developer, tester=cast.developer)
    kept = environments.create_reservation(
        actor=cast.developer, environment=house.acceptance, reason="Load test",
        expires_at=clock.now() + timedelta(hours=3),
    )  # fmt: skip
    assert keys(cast.developer) == {
        f"request-{draft.pk}", f"request-{filed.pk}", f"owner-{house.photos.pk}", f"tester-{house.photos.pk}",
        f"reservation-{kept.pk}",
    }  # fmt: skip
    leave(house, cast.developer, heirs={f"tester-{house.photos.pk}": cast.qa}, rest=cast.teammate)
    requests = DeploymentRequest.objects.filter(pk__in=[draft.pk, filed.pk])
    assert {request.requester for request in requests} == {cast.teammate}
    house.photos.refresh_from_db()
    kept.refresh_from_db()
    assert (house.photos.owner, house.photos.tester, kept.owner) == (cast.teammate, cast.qa, cast.teammate)
    waits = Interval.objects.get(subject_kind="request", subject_id=draft.pk, ended_at=None)
    assert waits.blocker_id == cast.teammate.pk
    event = Event.objects.get(verb="person.deactivated")
    assert event.reason == WHY and len(event.after["handed_over"]) == 5
    assert Event.objects.filter(verb="request.handed_over").count() == 2


def test_a_step_goes_to_a_team_and_a_plan_to_another_manager(house: House) -> None:
    cast = house.cast
    step = claimed(house)
    leave(house, cast.operator, rest=cast.billing)
    step.refresh_from_db()
    assert (step.state, step.owner, step.team) == ("ready", None, cast.billing)
    run = run_in_state(house, RunState.DRAFT)
    leave(house, cast.release_manager, rest=cast.second_manager)
    run.refresh_from_db()
    assert run.edited_by == cast.second_manager
    assert (
        Interval.objects.get(subject_kind="run", subject_id=run.pk, ended_at=None).blocker_id
        == cast.second_manager.pk
    )


def test_what_nobody_gets_or_may_not_get_refuses_all(house: House) -> None:
    cast = house.cast
    request = request_in_state(house, RequestState.SUBMITTED)
    Feature.objects.filter(pk=house.payouts.pk).update(owner=cast.developer)
    before = Event.objects.count()
    refusals = [
        ({}, "Say who gets this"),
        ({"rest": cast.outsider}, "Otto Weiss may not work on it"),
        ({"rest": cast.billing}, "goes to a person, not to a team"),
        ({"rest": cast.developer}, "can't stay with who leaves"),
        ({"heirs": {f"request-{request.pk}": cast.teammate}, "rest": cast.robot}, "a robot neither owns"),
    ]
    for values, sentence in refusals:
        with pytest.raises(Invalid, match=sentence):
            leave(house, cast.developer, **values)
    delivery.approve_request(actor=cast.release_manager, request=request)
    with pytest.raises(Invalid, match="Rita Moreau has approved it"):
        leave(house, cast.developer, rest=cast.release_manager)
    cast.developer.refresh_from_db()
    request.refresh_from_db()
    assert cast.developer.is_active and request.requester == cast.developer
    assert Event.objects.filter(id__gt=before, verb__endswith="handed_over").count() == 0


def test_sessions_and_tokens_end_and_do_not_come_back(house: House) -> None:
    cast, browser = house.cast, Client()
    browser.post("/login", {"username": "otto", "password": PASSWORD})
    assert browser.get("/me").status_code == 200
    _token, text = tokens.create_token(
        actor=cast.outsider, person=cast.outsider, name="mine", scopes=["read"], days=1
    )
    leave(house, cast.outsider)
    assert browser.get("/me").status_code == 302
    assert tokens.find_token(text) is None
    assert browser.post("/login", {"username": "otto", "password": PASSWORD}).status_code == 422
    cast.outsider.refresh_from_db()
    services.reactivate_person(actor=cast.administrator, person=cast.outsider, reason="Came back.")
    assert browser.get("/me").status_code == 302
    assert tokens.find_token(text) is None
    assert browser.post("/login", {"username": "otto", "password": PASSWORD}).status_code == 422


def test_the_last_administrator_stays(house: House) -> None:
    cast = house.cast
    second = cast.second_manager
    with pytest.raises(NotAllowed, match="Nobody deactivates themselves"):
        leave(house, cast.administrator)
    grant = services.grant_role(actor=cast.administrator, to=second, role=Role.ADMINISTRATOR)
    services.deactivate_person(actor=second, person=cast.administrator, reason=WHY)
    del second._grants  # as with the next request
    with pytest.raises(NotAllowed, match="Sven Dahl would be the last administrator to go"):
        services.revoke_role(actor=second, grant=grant, reason=WHY)
    grant.refresh_from_db()
    assert grant.revoked_at is None


def test_twice_or_from_an_old_page_is_a_conflict(house: House) -> None:
    with pytest.raises(Conflict):
        leave(house, house.cast.outsider, seen=house.cast.outsider.row_version + 1)
    leave(house, house.cast.outsider)
    with pytest.raises(Conflict, match="deactivated already"):
        leave(house, house.cast.outsider)
    with pytest.raises(Conflict, match="is active"):
        services.reactivate_person(actor=house.cast.administrator, person=house.cast.qa, reason=WHY)
