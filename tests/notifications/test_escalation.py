"""A decision that nobody takes goes up, step by step; a pager system hears of it by a signed call."""

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from html import unescape
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from releaseorch.accounts.models import Person, Team
from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.notifications import audience, escalation, webhook
from releaseorch.notifications.models import Escalation, InboxEntry, WebhookCall
from releaseorch.runs import services as runs
from releaseorch.runs.models import DeploymentRun
from releaseorch.waiting.models import Interval
from releaseorch.web.context import numbers_of
from tests.characters import Cast
from tests.factories import House
from tests.notifications.sweep import forget, told
from tests.runs import builders as a

pytestmark = pytest.mark.django_db
Asserts = Callable[[int], AbstractContextManager[Any]]
TEN = datetime(2031, 3, 7, 22, 0, tzinfo=UTC)
HALF = timedelta(minutes=30)
SECRET = "a secret of the pager and of us"


@pytest.fixture
def run(house: House) -> Iterator[DeploymentRun]:
    """Since ten o'clock the deployment of Claims needs a decision, which may take half an hour."""
    Team.objects.filter(pk=house.cast.claims.pk).update(
        on_call_note="Theo Lindqvist, ext. 4402; then ext. 4400."
    )
    with clock.at(TEN):
        step = a.installing(
            "deploy", house.version(house.claims_web, "2.1.0"), "sh", "-c", "exit 4", decide_within_s=1800
        )
        made = a.running_run(house.cast.operator, step, environment=house.production)
        a.carry_out(made, "deploy")
        forget()
        yield made


def calls() -> list[tuple[str, str]]:
    return list(Escalation.objects.values_list("level", "told"))


def test_it_goes_from_the_taker_to_the_release_managers_each_once(house: House, run: DeploymentRun) -> None:
    assert escalation.escalate() == 0
    for expected in (
        ("taker", "Olga Petrova", {"olga"}),
        ("team", "team Claims", {"dana", "theo"}),
        ("on_call", "on call: Theo Lindqvist, ext. 4402; then ext. 4400", {"theo"}),
        ("release_manager", "the release managers", {"rita", "sven"}),
    ):
        clock.advance(HALF)
        InboxEntry.objects.all().delete()
        assert (escalation.escalate(), escalation.escalate()) == (1, 0)
        level, name, people = expected
        assert calls()[-1] == (level, name)
        assert told()["escalated"] == people
    clock.advance(timedelta(hours=5))
    assert escalation.escalate() == 0
    assert Event.objects.filter(verb="step.escalated").count() == 4
    said = InboxEntry.objects.filter(kind="escalated").first()
    assert said is not None and said.sentence == (
        f"Nobody has decided on step 1 · deploy of Friday #{run.pk} for 120 minutes; "
        "now it is up to the release managers."
    )


def test_those_that_went_all_the_way_up_hold_up_no_other(
    house: House, run: DeploymentRun, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Asserts
) -> None:
    monkeypatch.setattr(escalation, "MOST", 1)
    clock.advance(4 * HALF)
    assert escalation.escalate() == 4
    with django_assert_num_queries(3):  # nobody looks whom to call
        assert escalation.escalate() == 0
    step = a.installing(
        "deploy", house.version(house.billing_api, "5.3.0"), "sh", "-c", "exit 4", decide_within_s=1800
    )
    a.carry_out(a.running_run(house.cast.operator, step, environment=house.acceptance), "deploy")
    clock.advance(HALF)
    assert escalation.escalate() == 1


def test_a_level_of_people_who_have_left_or_are_robots_is_passed_over(
    house: House, run: DeploymentRun
) -> None:
    cast = house.cast
    Person.objects.filter(pk__in=[cast.operator.pk, cast.developer.pk]).update(is_active=False)
    Person.objects.filter(pk=cast.teammate.pk).update(kind="robot")
    Team.objects.filter(pk=cast.claims.pk).update(on_call_note="")
    clock.advance(HALF)
    assert escalation.escalate() == 1
    assert calls() == [("release_manager", "the release managers")]


def test_who_is_on_call_is_named_in_whole_words(cast: Cast) -> None:
    Person.objects.filter(pk=cast.teammate.pk).update(name="Max")
    for note in ("Maximum wait: 10 minutes.", "Call Climax", "Max2"):
        assert audience.named_in(note) == set()
    for note in ("Max", "then (Max), ext. 4402", "_Max_"):
        assert audience.named_in(note) == {cast.teammate.pk}


def mine(door: Callable[..., Client], person: Person) -> str:
    return unescape(door(person).get("/").content.decode())


def test_whom_it_goes_up_to_finds_it_in_their_work_with_the_reason(
    house: House, run: DeploymentRun, door: Callable[..., Client]
) -> None:
    cast, why = house.cast, "Nobody has decided on step 1 · deploy"
    up = f"{why} of Friday #{run.pk} for 90 minutes; now it is up to on call: Theo Lindqvist"
    clock.advance(2 * HALF)
    escalation.escalate()
    assert why in mine(door, cast.developer) and "It went up to you" in mine(door, cast.developer)
    assert why not in mine(door, cast.release_manager) and "Decide how" in mine(door, cast.release_manager)
    clock.advance(HALF)
    escalation.escalate()
    assert up in mine(door, cast.teammate) and up not in mine(door, cast.developer)
    clock.advance(HALF)
    escalation.escalate()
    assert "now it is up to the release managers" in mine(door, cast.release_manager)
    assert numbers_of(cast.release_manager)[0] == 1 == numbers_of(cast.teammate)[0]
    runs.retry_step(actor=cast.operator, step=a.step(run, "deploy"), reason="Once more.")
    for person in (cast.developer, cast.teammate, cast.release_manager):
        assert why not in mine(door, person)
    besides = Interval.objects.filter(subject_kind="step", is_primary=False)
    assert besides.count() == 4 and not besides.filter(ended_at=None).exists()


def test_a_housekeeper_that_was_away_calls_all_who_are_due_at_once(run: DeploymentRun) -> None:
    clock.advance(3 * HALF)
    assert escalation.escalate() == 3


def test_a_decision_ends_it_and_the_next_failure_begins_anew(house: House, run: DeploymentRun) -> None:
    clock.advance(HALF)
    escalation.escalate()
    runs.retry_step(actor=house.cast.operator, step=a.step(run, "deploy"), reason="Once more.")
    clock.advance(5 * HALF)
    assert escalation.escalate() == 0
    a.carry_out(run, "deploy")
    clock.advance(HALF)
    assert escalation.escalate() == 1
    assert [level for level, _told in calls()] == ["taker", "taker"]


def test_without_a_limit_nobody_is_called(house: House, run: DeploymentRun) -> None:
    step = a.step(run, "deploy")
    step.decide_within_s = None
    step.save()
    clock.advance(100 * HALF)
    assert escalation.escalate() == 0


def test_the_run_says_who_was_told(house: House, run: DeploymentRun, door: Callable[..., Client]) -> None:
    clock.advance(2 * HALF)
    escalation.escalate()
    page = door(house.cast.auditor).get(f"/runs/{run.pk}").content.decode()
    status = page[page.index('id="status"') : page.index('<dl class="facts"')]
    assert "Told:" in status
    assert "<bdi>Olga Petrova</bdi>" in status and "<bdi>team Claims</bdi>" in status


class Pager(HTTPServer):
    """A receiver that checks nothing and keeps everything."""

    answers = 204

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), Receives)


class Receives(BaseHTTPRequestHandler):
    server: Pager

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        self.send_response(self.server.answers)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def pager(settings: Settings) -> Iterator[Pager]:
    server = Pager()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.WEBHOOK_URL = f"http://127.0.0.1:{server.server_port}/hook"
    settings.WEBHOOK_SECRET = SECRET
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_pager_gets_a_signed_call_and_is_tried_again(run: DeploymentRun, pager: Pager) -> None:
    clock.advance(HALF)
    escalation.escalate()
    pager.answers = 503
    assert (webhook.send_due(), webhook.send_due()) == (0, 0)  # the second waits for its time
    assert WebhookCall.objects.get().last_error == "HTTP 503"
    pager.answers = 204
    clock.advance(timedelta(seconds=16))
    assert (webhook.send_due(), webhook.send_due()) == (1, 0)
    headers, body = pager.got[-1]
    assert len(pager.got) == 2
    signed = headers["Releaseorch-Timestamp"].encode() + b"." + body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["Releaseorch-Signature"] == f"v1={expected}"
    assert headers["Releaseorch-Timestamp"] == str(int(clock.now().timestamp()))
    said = json.loads(body)
    assert (said["event"], said["level"], said["told"]) == ("step.escalated", "taker", "Olga Petrova")
    assert said["on_call"] == "Theo Lindqvist, ext. 4402; then ext. 4400."
    assert said["url"].endswith(f"/steps/{a.step(run, 'deploy').pk}")


def test_a_call_is_given_up_after_a_day(run: DeploymentRun, pager: Pager) -> None:
    clock.advance(HALF)
    escalation.escalate()
    clock.advance(timedelta(days=1, minutes=1))
    assert webhook.send_due() == 0
    assert (WebhookCall.objects.get().sending, pager.got) == ("given_up", [])


def test_an_address_that_is_not_open_is_not_called(
    run: DeploymentRun, pager: Pager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELEASEORCH_OUTBOUND_ALLOW", "")
    clock.advance(HALF)
    escalation.escalate()
    assert webhook.send_due() == 0
    assert not pager.got
    assert "not open to steps" in WebhookCall.objects.get().last_error
