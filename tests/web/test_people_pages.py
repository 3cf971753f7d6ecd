"""People, teams, roles and settings on their pages; passwords that nobody but their owner knows."""

import pytest
from django.test import Client

from releaseorch.accounts import services, tokens
from releaseorch.accounts.models import Person, PersonKind, Team, Token
from releaseorch.accounts.roles import Role
from releaseorch.audit.models import Event
from releaseorch.web.views.live import _still_may
from tests.characters import PASSWORD, Cast
from tests.factories import House

NEW = "plenty-of-quiet-rivers"


def link_for(cast: Cast, door, person: Person) -> str:
    answer = door(cast.administrator).post(f"/people/{person.pk}/reset-password", {"sure": "on"})
    link = str(answer.context["link"])
    assert link in answer.content.decode()
    return link.removeprefix("http://testserver")


def test_a_person_is_made_and_sets_a_password_by_a_link_that_counts_once(cast: Cast, door) -> None:
    ada = door(cast.administrator)
    answer = ada.post("/people/new", {"name": "Nia Okoro", "username": "nia", "kind": "human"})
    nia = Person.objects.get(username="nia")
    assert (answer.status_code, answer["Location"]) == (303, f"/people/{nia.pk}")
    assert "Link to set a password" in ada.get(f"/people/{nia.pk}").content.decode()
    link, browser = link_for(cast, door, nia), Client()
    assert "Nia Okoro" in browser.get(link).content.decode()
    for password, again in [("short", "short"), (NEW, "another"), ("nia okoro 26", "nia okoro 26")]:
        assert browser.post(link, {"password": password, "again": again}).status_code == 422, password
    assert browser.post(link, {"password": NEW, "again": NEW}).status_code == 200
    assert browser.post("/login", {"username": "nia", "password": NEW}).status_code == 303
    for method in (browser.get, browser.post):
        assert "This link was used" in method(link).content.decode()
    verbs = Event.objects.filter(subject_kind="person", subject_id=nia.pk).values_list("verb", flat=True)
    assert list(verbs.order_by("id")) == ["person.created", "password.reset", "password.set"]


def test_a_reset_ends_password_and_sessions_and_is_nobodys_own(cast: Cast, door) -> None:
    browser = Client()
    browser.post("/login", {"username": "dana", "password": PASSWORD})
    link_for(cast, door, cast.developer)
    assert browser.get("/me").status_code == 302
    assert browser.post("/login", {"username": "dana", "password": PASSWORD}).status_code == 422
    for who, whose in [("administrator", "administrator"), ("release_manager", "qa")]:
        answer = door(getattr(cast, who)).post(f"/people/{getattr(cast, whose).pk}/reset-password")
        assert answer.status_code == 403
    assert Event.objects.filter(verb="password.reset").count() == 1


def test_an_event_stream_ends_with_the_account(house: House, monkeypatch) -> None:
    monkeypatch.setattr("django.db.connections.close_all", lambda: None)  # the test lives in one of them
    browser = Client()
    browser.post("/login", {"username": "otto", "password": PASSWORD})
    key = str(browser.session.session_key)
    assert _still_may(key, house.cast.outsider.pk)
    services.deactivate_person(
        actor=house.cast.administrator, person=house.cast.outsider, reason="Left the company."
    )
    assert not _still_may(key, house.cast.outsider.pk)


def test_one_changes_ones_own_password_with_the_old_one(cast: Cast) -> None:
    here, elsewhere = Client(), Client()
    for browser in (here, elsewhere):
        browser.post("/login", {"username": "dana", "password": PASSWORD})
    wrong = here.post("/me/password", {"old": "guess", "password": NEW, "again": NEW})
    assert wrong.status_code == 422 and "This isn&#x27;t your present password" in wrong.content.decode()
    answer = here.post("/me/password", {"old": PASSWORD, "password": NEW, "again": NEW})
    assert answer.status_code == 303
    assert here.get("/me").status_code == 200
    assert elsewhere.get("/me").status_code == 302
    assert len(here.get("/me").context["sessions"]) == 1
    assert Event.objects.filter(verb="password.changed", actor_id=cast.developer.pk).count() == 1


def test_nobody_guesses_a_password_from_an_open_session(cast: Cast, settings) -> None:
    settings.AXES_ENABLED = True
    browser = Client()
    browser.post("/login", {"username": "dana", "password": PASSWORD})
    guess = {"old": "guess", "password": NEW, "again": NEW}
    codes = [browser.post("/me/password", guess).status_code for _ in range(6)]
    assert codes[:4] == [422] * 4 and codes[-1] == 429
    right = browser.post("/me/password", {**guess, "old": PASSWORD})
    assert right.status_code == 429 and Person.objects.get(username="dana").check_password(PASSWORD)


def test_what_somebody_holds_is_listed_before_they_are_deactivated(house: House, door) -> None:
    cast = house.cast
    type(house.payouts).objects.filter(pk=house.payouts.pk).update(owner=cast.qa)
    ada, path = door(cast.administrator), f"/people/{cast.qa.pk}/deactivate"
    text = ada.get(path).content.decode()
    assert "CR-5003 Pay out small claims the same day" in text and "Theo Lindqvist (theo)" in text
    key = f"to-owner-{house.payouts.pk}"
    for typed, sentence in [
        ("", "Say who gets this"),
        ("Nobody Known", "There is nobody called Nobody Known"),
    ]:
        answer = ada.post(path, {"version": cast.qa.row_version, "reason": "Left.", key: typed})
        assert answer.status_code == 422
        assert sentence in answer.content.decode() and f'value="{typed}"' in answer.content.decode()
    answer = ada.post(path, {"version": cast.qa.row_version, "reason": "Left.", key: "Theo Lindqvist (theo)"})
    assert answer.status_code == 303
    house.payouts.refresh_from_db()
    assert house.payouts.owner == cast.teammate
    assert "Deactivated" in ada.get(f"/people/{cast.qa.pk}").content.decode()
    assert "Quinn" not in ada.get("/people").content.decode()
    assert "Quinn" in ada.get("/people?gone=1").content.decode()


def test_roles_are_said_in_words_with_who_has_them(cast: Cast, door) -> None:
    services.grant_role(actor=cast.administrator, to=cast.billing, role=Role.OPERATOR)
    reader = door(cast.outsider)
    text = reader.get("/roles").content.decode()
    assert "decide on failed steps" in text and "Rita Moreau" in text and "Billing" in text
    text = reader.get(f"/people/{cast.other_developer.pk}").content.decode()
    assert "through Billing" in text and "file requests" in text
    assert "Grant a role" in text and "An administrator can grant it" in text


def test_administrators_make_the_tokens_of_robots_and_nobody_elses(cast: Cast, door) -> None:
    wanted = {"name": "CI", "scopes": ["versions:write"], "days": "30"}
    ada, path = door(cast.administrator), f"/people/{cast.robot.pk}/tokens/create"
    text = ada.post(path, wanted).context["text"]
    found = tokens.find_token(text)
    assert found is not None and found.person.kind == PersonKind.ROBOT
    assert text not in ada.get(f"/people/{cast.robot.pk}").content.decode()
    assert ada.post(path, {**wanted, "scopes": ["approve"]}).status_code == 422
    assert door(cast.release_manager).post(path, wanted).status_code == 403
    assert ada.post(f"/people/{cast.developer.pk}/tokens/create", wanted).status_code == 404
    assert ada.post(f"/people/{cast.robot.pk}/tokens/{found.pk}/revoke").status_code == 303
    assert tokens.find_token(text) is None and Token.objects.count() == 1


def test_a_team_page_names_members_applications_and_roles(house: House, door) -> None:
    text = door(house.cast.outsider).get(f"/teams/{house.cast.claims.pk}").content.decode()
    for word in ("Dana Brandt", "Theo Lindqvist", "Customer Portal", "Call 4417"):
        assert word in text
    assert "Claims" in door(house.cast.outsider).get("/teams?text=cla").content.decode()


def test_a_stale_form_says_who_changed_what_and_keeps_what_was_typed(cast: Cast, door) -> None:
    services.edit_team(actor=cast.administrator, team=cast.billing, contact="ext. 9")
    typed = {"version": 1, "name": "Billing", "contact": "ext. 7"}
    answer = door(cast.administrator).post(f"/teams/{cast.billing.pk}/edit", typed)
    text = answer.content.decode()
    assert answer.status_code == 409 and "Ada Lind changed Billing" in text and "Now: ext. 9" in text
    assert 'value="ext. 7"' in text


def test_settings_lead_to_everything_that_can_be_set(house: House, door) -> None:
    reader = door(house.cast.outsider)
    places = [place for group in reader.get("/settings").context["groups"] for place in group.places]
    assert {"/people", "/teams", "/roles", "/applications"} <= {place.url for place in places}
    assert "1 × Release manager" in reader.get("/policies").content.decode()
    for place in places:
        assert reader.get(place.url).status_code == 200, place.url
    assert 'href="/settings"' in reader.get("/").content.decode()


@pytest.mark.parametrize(("path", "most"), [("/people", 9), ("/teams", 7), ("/roles", 7)])
def test_a_longer_list_costs_no_more_queries(
    cast: Cast, door, django_assert_max_num_queries, path, most
) -> None:
    people = [Person(username=f"p{n}", name=f"Person {n}") for n in range(60)]
    Person.objects.bulk_create(people)
    Team.objects.bulk_create(Team(name=f"Team {n}", slug=f"team-{n}") for n in range(60))
    cast.billing.members.add(*people)
    for one in people:
        one.grants.create(role=Role.AUDITOR)
    reader = door(cast.outsider)
    with django_assert_max_num_queries(most):
        assert reader.get(path).status_code == 200
