"""The inbox and the switches, through the browser's door and the API's."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from releaseorch.accounts.models import Person
from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.notifications import demo_mail, inbox, post, retention
from releaseorch.notifications.inbox import News
from releaseorch.notifications.kinds import Kind
from releaseorch.notifications.models import InboxEntry, SwitchedOff
from tests.characters import Cast

pytestmark = pytest.mark.django_db
Doors = Callable[..., Client]


def tell(person: Person, sentence: str, kind: Kind = Kind.RUN_STARTED, *, run: int = 12) -> InboxEntry:
    news = News(
        kind, [person.pk], sentence, "You have a step in it.", f"/runs/{run}", ("run", run), f"run:{run}"
    )
    inbox.write([news], once=sentence)
    return InboxEntry.objects.get(person=person, sentence=sentence)


def page(client: Client, address: str = "/inbox") -> str:
    return client.get(address).content.decode()


def unread_in(shown: str) -> str:
    """The number in the navigation, a part that follows the topic of the inbox."""
    (found,) = re.findall(
        r'<span id="unread" data-live="/inbox/unread" data-topic="inbox:\d+"[^>]*>(\d*)<', shown
    )
    return str(found)


def test_it_lists_the_newest_first_counts_the_unread_and_opens_what_it_is_about(
    cast: Cast, door: Doors
) -> None:
    client = door(cast.operator)
    assert "Nobody has told you anything yet." in page(client)
    first = tell(cast.operator, "<b>Friday</b> has started.")
    tell(cast.operator, "Step 2 can be taken.", Kind.STEP_YOURS)
    tell(cast.qa, "Somebody else's.")
    shown = page(client)
    assert shown.index("Step 2 can be taken.") < shown.index("&lt;b&gt;Friday&lt;/b&gt; has started.")
    assert "Somebody else" not in shown
    assert unread_in(shown) == "2" == unread_in(page(client, "/inbox/unread"))
    answer = client.post(f"/inbox/{first.pk}/read")
    assert (answer.status_code, answer["Location"]) == (303, "/runs/12")
    assert unread_in(page(client)) == "1"
    unread = page(client, "/inbox?show=unread")
    assert "Step 2 can be taken." in unread and "Friday" not in unread


def test_nobody_reads_the_entries_of_another(cast: Cast, door: Doors) -> None:
    entry = tell(cast.qa, "Quinn's.")
    assert door(cast.operator).post(f"/inbox/{entry.pk}/read").status_code == 404
    door(cast.operator).post("/inbox/read-all", {"until": entry.pk})
    entry.refresh_from_db()
    assert entry.read_at is None


def test_all_read_spares_what_came_after_the_page(cast: Cast, door: Doors) -> None:
    seen = tell(cast.operator, "Seen.")
    tell(cast.operator, "Came since.")
    door(cast.operator).post("/inbox/read-all", {"until": seen.pk})
    left = InboxEntry.objects.filter(person=cast.operator, read_at=None)
    assert [one.sentence for one in left] == ["Came since."]


def test_the_cost_of_the_page_does_not_grow(
    cast: Cast, door: Doors, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        tell(cast.operator, f"Run {number} has started.", run=number + 1)
    client = door(cast.operator)
    with django_assert_max_num_queries(9):
        shown = page(client)
    assert shown.count("has started.") == 50
    assert "cursor=older-" in shown


def test_each_kind_has_a_switch_per_channel_but_for_what_must_reach_you(cast: Cast, door: Doors) -> None:
    cast.operator.email = "olga@northfold.example"
    cast.operator.save()
    client = door(cast.operator)
    shown = page(client, "/me/notifications")
    assert 'value="run_started:mail" checked' in shown and 'value="run_started:inbox" checked' in shown
    assert 'value="decision:mail" checked' in shown and "decision:inbox" not in shown
    assert "This installation sends no mail" in shown
    client.post("/me/notifications/set", {"on": ["decision:mail", "run_ended:mail"]})
    assert SwitchedOff.objects.filter(person=cast.operator, kind="decision").count() == 0
    inbox.write(
        [
            News(kind, [cast.operator.pk], f"{kind}", "Because.", "/runs/1", (str(kind), 1), "run:1")
            for kind in (Kind.DECISION, Kind.RUN_STARTED, Kind.RUN_ENDED)
        ],
        once="now",
    )
    found = {one.kind: one.in_inbox for one in InboxEntry.objects.filter(person=cast.operator)}
    assert found == {"decision": True}  # without a mail server, what is by mail alone is not told
    event = Event.objects.get(verb="person.switches_set")
    assert "run_started inbox" in event.after["off"] and event.before == {"off": []}
    client.post("/me/notifications/set", {"on": ["decision:mail", "run_ended:mail"]})
    assert Event.objects.filter(verb="person.switches_set").count() == 1  # nothing changed, nothing told


def test_what_is_wanted_by_mail_alone_stays_out_of_the_inbox(
    cast: Cast, door: Doors, settings: Settings
) -> None:
    settings.SENDS_MAIL = True
    cast.operator.email = "olga@northfold.example"
    cast.operator.save()
    client = door(cast.operator)
    client.post("/me/notifications/set", {"on": ["run_started:mail"]})
    entry = tell(cast.operator, "It has started.")
    assert (entry.in_inbox, entry.mail) == (False, "waiting")
    assert "It has started." not in page(client)


def test_the_demo_shows_its_mail_and_no_other_installation_does(
    cast: Cast, door: Doors, settings: Settings
) -> None:
    assert door(cast.operator).get("/demo/mail").status_code == 404
    settings.DEMO = settings.SENDS_MAIL = True
    settings.EMAIL_BACKEND = "releaseorch.notifications.demo_mail.Mailbox"
    for old in demo_mail.folder().glob("*"):
        old.unlink()
    assert "No mail yet." in page(door(cast.operator), "/demo/mail")
    for person in (cast.operator, cast.qa):
        person.email = f"{person.username}@northfold.example"
        person.save()
        tell(person, f"<b>Grüße</b> an {person.name}")
    assert post.send_due() == 2
    shown = page(door(cast.operator), "/demo/mail?to=quinn@northfold.example")
    assert "&lt;b&gt;Grüße&lt;/b&gt; an Quinn Abara" in shown and "an Olga" not in shown
    assert oct(demo_mail.folder().stat().st_mode & 0o777) == "0o700"


def test_the_api_reads_the_callers_own_inbox(cast: Cast, door: Doors) -> None:
    mine = tell(cast.operator, "Mine.")
    theirs = tell(cast.qa, "Theirs.")
    client = door(cast.operator)
    found = client.get("/api/v1/inbox?unread=true").json()["results"]
    assert [(one["id"], one["sentence"], one["link"]) for one in found] == [(mine.pk, "Mine.", "/runs/12")]
    assert client.get("/api/v1/inbox?kind=decision").json()["results"] == []
    assert client.get(f"/api/v1/inbox/{theirs.pk}").status_code == 404


def test_what_was_read_long_ago_is_forgotten_in_portions(cast: Cast, settings: Settings, monkeypatch) -> None:
    settings.INBOX_KEEP_DAYS = 30
    monkeypatch.setattr(retention, "PORTION", 2)
    now = clock.now()
    ages = {"a": 31, "b": 31, "c": 31, "young": 29, "unread": None}
    for sentence, days in ages.items():
        read_at = None if days is None else now - timedelta(days=days)
        InboxEntry.objects.filter(pk=tell(cast.qa, sentence).pk).update(read_at=read_at)
    mailed, waits = tell(cast.qa, "mailed alone"), tell(cast.qa, "still to be mailed")
    for entry, state in ((mailed, "none"), (waits, "waiting")):
        InboxEntry.objects.filter(pk=entry.pk).update(in_inbox=False, mail=state, at=now - timedelta(days=40))
    assert retention.sweep() == 4
    left = set(InboxEntry.objects.values_list("sentence", flat=True))
    assert left == {"young", "unread", "still to be mailed"}


def test_the_switches_can_be_read_and_set_by_the_api(cast: Cast, door: Doors) -> None:
    client = door(cast.operator)
    lines = client.get("/api/v1/inbox/switches").json()
    assert {"kind": "decision", "channel": "inbox", "is_on": True, "can_be_switched": False} in lines
    wrong = client.post(
        "/api/v1/inbox/set-switches", {"on": [{"kind": "party", "channel": "mail"}]}, "application/json"
    )
    assert wrong.status_code == 422
