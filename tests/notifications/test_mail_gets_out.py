"""Mail to a real server in this process: bundled, inert, tried again for days while the server is away."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.core.mail import get_connection
from pytest_django.fixtures import Settings

from releaseorch.accounts.models import Person
from releaseorch.config import env
from releaseorch.core import clock
from releaseorch.notifications import inbox, post, queries
from releaseorch.notifications.inbox import News
from releaseorch.notifications.kinds import Kind
from releaseorch.notifications.models import InboxEntry, SwitchedOff
from tests.characters import Cast

pytestmark = pytest.mark.django_db
TEN = datetime(2031, 3, 7, 10, 0, tzinfo=UTC)
Asserts = Callable[[int], AbstractContextManager[Any]]


class Postbox:
    """What arrived; `refuses` is what the server answers instead of taking a mail for that address."""

    def __init__(self) -> None:
        self.mail: list[EmailMessage] = []
        self.refuses: dict[str, str] = {}

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mail.append(message)
        return "250 OK"

    @property
    def subjects(self) -> list[str]:
        return [str(message["Subject"]) for message in self.mail]


class Server:
    """A mail server that is away until it is started."""

    def __init__(self) -> None:
        self.postbox = Postbox()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.controller: Controller | None = None

    def start(self) -> Postbox:
        self.controller = Controller(self.postbox, hostname="127.0.0.1", port=self.port)
        self.controller.start()
        return self.postbox


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    """Django's settings are those that the EMAIL_URL of this server makes."""
    made = Server()
    for name, value in env.mail(f"smtp://127.0.0.1:{made.port}").items():
        setattr(settings, name, value)
    settings.SENDS_MAIL, settings.EMAIL_TIMEOUT = True, 2
    settings.BASE_URL = "https://releases.northfold.example"
    yield made
    if made.controller is not None:
        made.controller.stop()


@pytest.fixture
def postbox(server: Server) -> Postbox:
    return server.start()


@pytest.fixture
def olga(cast: Cast) -> Person:
    Person.objects.filter(pk__in=[cast.operator.pk, cast.qa.pk]).update(email="")
    cast.operator.email = "olga@northfold.example"
    cast.operator.save()
    return cast.operator


def tell(person: Person, kind: Kind, sentence: str, *, run: int = 12, once: str = "") -> None:
    news = News(
        kind, [person.pk], sentence, "You have a step in it.", f"/runs/{run}", ("run", run), f"run:{run}"
    )
    inbox.write([news], once=once or sentence)


def text_of(message: EmailMessage) -> str:
    return str(message.get_content())


def test_a_mail_says_what_and_why_with_one_link_and_nothing_typed_can_act(
    postbox: Postbox, olga: Person
) -> None:
    typed = "Friday #12: see http://evil.example/\r\nBcc: all@northfold.example <script>alert(1)</script>"
    tell(olga, Kind.RUN_STARTED, typed)
    assert post.send_due() == 1
    message = postbox.mail[0]
    assert (message["To"], message["Bcc"]) == ("olga@northfold.example", None)
    assert "Bcc: all@northfold.example" in message["Subject"]  # a word among others, no header
    assert message["List-Unsubscribe"] == "<https://releases.northfold.example/me/notifications>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"
    assert text_of(message).splitlines() == [
        "Hello Olga Petrova,",
        "",
        "- Friday #12: see http: //evil.example/ Bcc: all@northfold.example <script>alert(1)</script>",
        "  Why you: You have a step in it.",
        "",
        "https://releases.northfold.example/runs/12",
        "",
        "-- ",
        "Choose what you are told, and how: https://releases.northfold.example/me/notifications",
    ]
    assert post.send_due() == 0  # sent once


def test_one_mail_per_run_in_ten_minutes_but_a_decision_goes_at_once(postbox: Postbox, olga: Person) -> None:
    with clock.at(TEN):
        tell(olga, Kind.RUN_STARTED, "It has started.")
        tell(olga, Kind.RUN_STARTED, "Another one has started.", run=13)
        assert post.send_due() == 2
        clock.advance(timedelta(minutes=4))
        tell(olga, Kind.STEP_YOURS, "Step 2 can be taken.")
        tell(olga, Kind.STEP_FAILED, "Step 3 failed.")
        assert post.send_due() == 0
        clock.advance(timedelta(minutes=7))
        assert post.send_due() == 1
        assert postbox.subjects[2:] == ["Step 2 can be taken. and 1 more"]
        clock.advance(timedelta(minutes=1))
        tell(olga, Kind.STEP_YOURS, "Step 5 can be taken.")
        tell(olga, Kind.DECISION, "Step 4 needs a decision.")
        assert post.send_due() == 1
        assert postbox.subjects[3:] == ["Step 4 needs a decision. and 1 more"]  # what waited goes with it


def test_what_was_mailed_is_not_looked_through_while_nothing_waits(
    postbox: Postbox, olga: Person, django_assert_num_queries: Asserts
) -> None:
    tell(olga, Kind.RUN_STARTED, "It has started.")
    assert post.send_due() == 1
    with django_assert_num_queries(3):  # too old, too many, due
        assert post.send_due() == 0


def test_a_server_that_is_away_for_a_day_loses_nothing(server: Server, olga: Person) -> None:
    with clock.at(TEN):
        for hour in range(24):
            tell(olga, Kind.RUN_STARTED, f"Run of hour {hour} has started.")
            tell(olga, Kind.RUN_STARTED, f"Run {100 + hour} has started.", run=100 + hour)
            for _round in range(6):
                assert post.send_due() == 0
                clock.advance(timedelta(minutes=10))
        tries = InboxEntry.objects.order_by("-tries").values_list("tries", flat=True)
        assert 10 < tries[0] < 60  # growing pauses, not one try per round for ever
        assert "the oldest since 7 Mar 10:00 (ConnectionRefusedError" in queries.mail_sentence()
        postbox = server.start()
        clock.advance(timedelta(hours=1))
        assert post.send_due() == 25
        assert len(postbox.mail) == 25
        bundled = next(message for message in postbox.mail if "more" in message["Subject"])
        assert "And 4 more, in your inbox." in text_of(bundled)
        assert queries.mail_sentence() == ""


def test_after_days_it_is_given_up_and_said(server: Server, olga: Person) -> None:
    with clock.at(TEN):
        tell(olga, Kind.RUN_STARTED, "It has started.")
        post.send_due()
        clock.advance(timedelta(days=3, minutes=1))
        post.send_due()
        lost = InboxEntry.objects.get(person=olga, kind=Kind.MAIL_LOST)
        assert lost.sentence.startswith("1 piece of news for you could not be mailed: ConnectionRefusedError")
        assert lost.mail == "none"
        assert InboxEntry.objects.get(kind=Kind.RUN_STARTED).mail == "given_up"
        assert queries.mail_sentence() == ""


def test_what_was_for_the_mail_alone_is_in_the_inbox_once_it_is_given_up(
    server: Server, olga: Person
) -> None:
    SwitchedOff.objects.create(person=olga, kind=Kind.RUN_STARTED, channel="inbox")
    with clock.at(TEN):
        tell(olga, Kind.RUN_STARTED, "It has started.")
        assert not queries.unread_entries(olga).exists()
        clock.advance(timedelta(days=3, minutes=1))
        post.send_due()
        shown = queries.unread_entries(olga).order_by("pk")
        assert [one.kind for one in shown] == [Kind.RUN_STARTED, Kind.MAIL_LOST]


def test_the_queue_is_bounded_and_decisions_stay_in_it(
    server: Server, olga: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "MOST_WAITING", 3)
    tell(olga, Kind.DECISION, "Decide.", run=1)
    for number in range(2, 7):
        tell(olga, Kind.RUN_STARTED, f"Run {number} has started.", run=number)
    post.give_up()
    waiting = InboxEntry.objects.filter(mail="waiting").order_by("pk")
    assert [one.sentence for one in waiting] == ["Decide.", "Run 5 has started.", "Run 6 has started."]


def test_a_refused_address_holds_up_nobody_else(postbox: Postbox, cast: Cast, olga: Person) -> None:
    cast.qa.email = "quinn@northfold.example"
    cast.qa.save()
    postbox.refuses = {"olga@northfold.example": "550 no such mailbox"}
    for person in (olga, cast.qa):
        tell(person, Kind.RUN_STARTED, "It has started.")
    assert post.send_due() == 1
    assert [message["To"] for message in postbox.mail] == ["quinn@northfold.example"]
    assert InboxEntry.objects.get(person=olga, kind=Kind.MAIL_LOST).sentence == (
        "The mail server refused 1 piece of news for you: 550 no such mailbox."
    )
    postbox.refuses = {"quinn@northfold.example": "451 come back later"}
    tell(cast.qa, Kind.RUN_ENDED, "It has ended.", run=13)
    with clock.at(datetime.now(UTC) + timedelta(seconds=1)):
        assert post.send_due() == 0
        postbox.refuses = {}
        assert post.send_due() == 0  # not hammered
        clock.advance(timedelta(minutes=5))
        assert post.send_due() == 1


def test_who_has_left_or_has_no_address_gets_no_mail(postbox: Postbox, cast: Cast, olga: Person) -> None:
    tell(olga, Kind.RUN_STARTED, "It has started.")
    tell(cast.qa, Kind.RUN_STARTED, "It has started.")
    assert InboxEntry.objects.get(person=cast.qa).mail == "none"
    olga.is_active = False
    olga.save()
    assert post.send_due() == 0
    assert not postbox.mail


def test_two_senders_send_it_once(postbox: Postbox, olga: Person) -> None:
    tell(olga, Kind.RUN_STARTED, "It has started.")
    bundle = (olga.pk, "run:12")
    assert post._taken(bundle)
    assert not post._taken(bundle)
    assert not post._send(bundle, get_connection())
    assert not postbox.mail
