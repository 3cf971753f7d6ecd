"""People and teams as master data: names that look the same, members, retiring."""

from collections.abc import Callable

import pytest

from releaseorch.accounts import services
from releaseorch.accounts.models import Person, PersonKind, Team
from releaseorch.accounts.roles import Role
from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.runs import services as runs
from tests.characters import Cast
from tests.doors.people_verbs import linked, with_a_phone
from tests.doors.step_verbs import ready
from tests.factories import House

pytestmark = pytest.mark.django_db


def new_person(cast: Cast, **values: object) -> Person:
    return services.create_person(
        actor=cast.administrator, **{"username": "nia", "name": "Nia Okoro", **values}  # type: ignore[arg-type]
    )  # fmt: skip


def test_nobody_can_log_in_as_who_was_just_made(cast: Cast) -> None:
    made = new_person(cast, email="nia@example.org")
    assert not made.has_usable_password() and made.is_active
    event = Event.objects.get(verb="person.created")
    assert (event.subject_name, event.after["username"]) == ("Nia Okoro", "nia")


@pytest.mark.parametrize("twin", ["Dana Brandt", "dana  BRANDT", "Dana\u00a0Brandt", "Ｄana Brandt"])
def test_a_name_that_looks_like_somebody_elses_is_refused(cast: Cast, twin: str) -> None:
    with pytest.raises(Invalid, match="There is somebody called Dana Brandt already"):
        new_person(cast, name=twin)
    assert not Person.objects.filter(username="nia").exists()


@pytest.mark.parametrize(
    "values",
    [{"name": "Da\u200bna"}, {"name": " "}, {"username": "Nia"}, {"username": "dana"}, {"username": "n\u0456a"},
     {"email": "nowhere"}, {"name": "x" * 10_000}],
)  # fmt: skip
def test_what_is_nobodys_name_is_refused(cast: Cast, values: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        new_person(cast, **values)
    assert Person.objects.count() == 11


def test_a_person_is_edited_where_nobody_was_first(cast: Cast) -> None:
    edited = services.edit_person(
        actor=cast.administrator, person=cast.outsider, seen=1, name="Otto Weiß", contact="ext. 12"
    )
    assert (edited.name, edited.contact) == ("Otto Weiß", "ext. 12")
    event = Event.objects.get(verb="person.edited")
    assert event.before == {"name": "Otto Weiss", "contact": ""}
    with pytest.raises(Conflict, match="Ada Lind changed Otto Weiß"):
        services.edit_person(actor=cast.administrator, person=cast.outsider, seen=1, name="Otto")


def test_logging_in_is_no_edit(cast: Cast, door) -> None:
    door(cast.outsider)
    assert Person.objects.get(pk=cast.outsider.pk).row_version == 1


def test_a_member_has_the_roles_and_the_steps_of_the_team_at_once(house: House) -> None:
    cast, step = house.cast, ready(house)
    services.grant_role(actor=cast.administrator, to=cast.billing, role=Role.OPERATOR)
    with pytest.raises(NotAllowed):
        runs.take_step(actor=Person.objects.get(pk=cast.outsider.pk), step=step)
    services.add_member(actor=cast.administrator, team=cast.billing, person=cast.outsider)
    runs.take_step(actor=Person.objects.get(pk=cast.outsider.pk), step=step)
    services.remove_member(actor=cast.administrator, team=cast.billing, person=cast.outsider)
    with pytest.raises(Conflict, match="isn't in Billing"):
        services.remove_member(actor=cast.administrator, team=cast.billing, person=cast.outsider)
    assert not cast.outsider.memberships.exists()


def test_nobody_is_added_twice_or_by_themselves_or_when_gone(cast: Cast) -> None:
    with pytest.raises(Invalid, match="is in Claims already"):
        services.add_member(actor=cast.administrator, team=cast.claims, person=cast.developer)
    with pytest.raises(NotAllowed, match="Nobody adds themselves"):
        services.add_member(actor=cast.administrator, team=cast.claims, person=cast.administrator)
    Person.objects.filter(pk=cast.outsider.pk).update(is_active=False)
    with pytest.raises(Invalid, match="deactivated"):
        services.add_member(
            actor=cast.administrator, team=cast.claims, person=Person.objects.get(pk=cast.outsider.pk)
        )


def test_a_team_keeps_its_name_for_itself(cast: Cast) -> None:
    with pytest.raises(Invalid, match="There is a team Claims already"):
        services.create_team(actor=cast.administrator, name="CLAIMS ")
    made = services.create_team(actor=cast.administrator, name="Claims Ops", on_call_note="Call 4420")
    assert made.slug == "claims-ops"
    with pytest.raises(Invalid, match="There is a team Billing already"):
        services.edit_team(actor=cast.administrator, team=made, name="billing")


def test_a_team_that_owns_something_is_not_retired(house: House) -> None:
    cast = house.cast
    with pytest.raises(Conflict, match="Claims owns Claims, Customer Portal"):
        services.retire_team(actor=cast.administrator, team=cast.claims, reason="Merged.")
    other = services.create_team(actor=cast.administrator, name="Night shift")
    step = ready(house)
    runs.reassign_step(actor=cast.operator, step=step, team=other, reason="Tonight.")
    with pytest.raises(Conflict, match=f"open steps in run #{step.run_id}"):
        services.retire_team(actor=cast.administrator, team=other, reason="Merged.")
    assert not Team.objects.exclude(retired_at=None).exists()


def test_a_retired_team_gives_no_role_and_takes_nobody(cast: Cast) -> None:
    team = services.create_team(actor=cast.administrator, name="Night shift")
    services.grant_role(actor=cast.administrator, to=team, role=Role.RELEASE_MANAGER)
    services.add_member(actor=cast.administrator, team=team, person=cast.outsider)
    retired = services.retire_team(actor=cast.administrator, team=team, reason="Merged into Claims.")
    assert Event.objects.get(verb="team.retired").reason == "Merged into Claims."
    for verb in (services.add_member, services.remove_member):
        with pytest.raises(Conflict, match="is retired"):
            verb(actor=cast.administrator, team=retired, person=cast.qa)
    with pytest.raises(Invalid, match="is retired"):
        services.grant_role(actor=cast.administrator, to=retired, role=Role.OPERATOR)


def test_a_robot_has_no_password(cast: Cast) -> None:
    robot = new_person(cast, kind=PersonKind.ROBOT)
    with pytest.raises(Invalid, match="A robot has no password"):
        services.reset_password(actor=cast.administrator, person=robot)
    with pytest.raises(Invalid, match="never an administrator"):
        services.grant_role(actor=cast.administrator, to=robot, role=Role.ADMINISTRATOR)


@pytest.mark.parametrize("verb", [services.unlink_person, services.reset_second_factor])
def test_who_looks_at_an_older_page_doesnt_act_on_a_person_whose_way_in_was_changed(
    house: House, verb: Callable[..., Person]
) -> None:
    ada = house.cast.administrator
    linked(house)
    otto = with_a_phone(house)
    seen = Person.objects.get(pk=otto.pk).row_version
    verb(actor=ada, person=otto, reason="A lost phone.", seen=seen)
    with pytest.raises(Conflict, match="Ada Lind changed Otto Weiss"):
        services.deactivate_person(actor=ada, person=otto, reason="Has left.", seen=seen)
    otto.refresh_from_db()
    otto.last_login = clock.now()
    otto.save(update_fields=["last_login"])
    assert otto.is_active and Person.objects.get(pk=otto.pk).row_version == seen + 1
