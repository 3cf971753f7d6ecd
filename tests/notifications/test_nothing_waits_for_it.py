"""Telling people never holds up, or breaks, what they are told about."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest

from releaseorch.audit import outbox
from releaseorch.audit.models import Outbox
from releaseorch.core import clock
from releaseorch.core.housekeeping import Chore
from releaseorch.core.management.commands.housekeeper import Command
from releaseorch.delivery import services
from releaseorch.delivery.states import RequestState
from releaseorch.notifications import inbox
from releaseorch.notifications.models import InboxEntry
from tests.factories import House
from tests.histories import request_in_state
from tests.notifications.sweep import forget, told

pytestmark = pytest.mark.django_db
Commits = Callable[[], AbstractContextManager[Any]]


def broken(*_args: object, **_values: object) -> int:
    raise RuntimeError("no inbox today")


def test_a_broken_inbox_stops_no_verb_and_is_made_up_for(
    house: House, commits: Commits, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = request_in_state(house, RequestState.DRAFT)
    forget()
    with monkeypatch.context() as patched:
        patched.setattr(inbox, "write", broken)
        with commits():
            services.submit_request(actor=house.cast.developer, request=request)
        request.refresh_from_db()
        assert request.state == RequestState.SUBMITTED
        waiting = Outbox.objects.get(handler="notifications.inbox", delivered_at=None)
        assert waiting.tries == 0  # whoever submits it doesn't wait for that
        outbox.deliver()
        waiting.refresh_from_db()
        assert (waiting.tries, waiting.last_error) == (1, "RuntimeError: no inbox today")
    with clock.at(clock.now() + timedelta(minutes=1)):
        assert told() == {"approval_wanted": {"rita", "sven"}}
    assert InboxEntry.objects.count() == 2


def test_a_chore_that_hangs_apart_holds_up_no_other() -> None:
    hangs, stop = threading.Event(), threading.Event()
    done: list[int] = []

    def wait_for_a_server() -> int:
        hangs.wait(30)
        return 0

    def mend() -> int:
        done.append(1)
        if len(done) == 3:
            stop.set()
        return 1

    Command().keep_house(stop, [Chore("mail", 1.0, wait_for_a_server, apart=True), Chore("sweep", 0.0, mend)])
    assert len(done) == 3 and not hangs.is_set()
    hangs.set()
