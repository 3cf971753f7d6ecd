"""A new person, and one whose password was reset, get the link by mail; it stands in no row."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from pytest_django.fixtures import Settings

from releaseorch.accounts import services
from releaseorch.accounts.models import Person
from releaseorch.core import clock
from releaseorch.notifications import post
from releaseorch.notifications.models import InboxEntry
from tests.characters import Cast
from tests.notifications.sweep import sweep

pytestmark = pytest.mark.django_db
LINK = re.compile(r"https?://[^/]+(/\S*password\S*)")
PASSWORD = "larch birch juniper 47"


@pytest.fixture(autouse=True)
def mailing(settings: Settings) -> None:
    settings.SENDS_MAIL = True


def nia(cast: Cast) -> Person:
    return services.create_person(
        actor=cast.administrator, username="nia", name="Nia Evans", email="nia@northfold.example"
    )


def mailed() -> list[str]:
    sweep()
    post.send_due()
    return [str(one.body) for one in mail.outbox]


def test_the_link_of_a_new_person_and_of_a_reset_lets_them_in_once(cast: Cast, door) -> None:
    made = nia(cast)
    (body,) = mailed()
    address = LINK.search(body)[1]
    assert "You can log in as nia. Set your password first." in body and mail.outbox[0].to == [made.email]
    stored = [str(value) for row in InboxEntry.objects.values_list() for value in row]
    assert not any(address.rsplit("/", 1)[-1] in text for text in stored)
    typed = {"password": PASSWORD, "again": PASSWORD}
    assert door().post(address, typed).status_code == 200
    made.refresh_from_db()
    assert made.check_password(PASSWORD) and door().post(address, typed).status_code == 404
    page = door(cast.administrator).post(f"/people/{made.pk}/reset-password").content.decode()
    assert "A mail with such a link goes to nia@northfold.example too." in page
    assert "Your password counts no longer." in mailed()[1]
    assert made.username not in door(cast.administrator).get("/inbox").content.decode()


def test_nobody_gets_a_link_that_is_of_no_use(cast: Cast, settings: Settings) -> None:
    made = nia(cast)
    sweep()
    made.set_password(PASSWORD)
    made.save(update_fields=["password"])
    services.create_person(
        actor=cast.administrator, username="bot", name="A bot", kind="robot", email="b@x.example"
    )
    services.create_person(actor=cast.administrator, username="ole", name="Ole Berg")
    settings.PASSWORD_LOGIN = False
    services.create_person(
        actor=cast.administrator, username="una", name="Una Kerr", email="una@northfold.example"
    )
    assert mailed() == []


def test_administrators_hear_of_a_link_that_could_not_be_mailed(cast: Cast) -> None:
    made = nia(cast)
    sweep()
    with clock.at(clock.now() + timedelta(days=4)):
        post.send_due()
    assert not InboxEntry.objects.filter(person=made, in_inbox=True).exists() and not mail.outbox
    told = InboxEntry.objects.get(person=cast.administrator, kind="mail_lost")
    assert told.sentence == (
        "The link to set a password could not be mailed to Nia Evans: no mail server could be reached."
    )
    assert told.link == f"/people/{made.pk}"
