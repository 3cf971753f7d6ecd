"""A person's own sessions: where they are logged in, and ending one."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from releaseorch.accounts.models import Person
from releaseorch.audit import events
from releaseorch.core import clock

SINCE, BROWSER = "since", "browser"


@dataclass(frozen=True)
class OwnSession:
    """One living session; `name` stands for its key, which never leaves the server."""

    name: str
    browser: str
    since: datetime | None
    until: datetime
    is_this: bool


def begin(request: HttpRequest) -> None:
    """Note in a new session when and with what it began."""
    request.session[SINCE] = clock.now().isoformat()
    request.session[BROWSER] = request.headers.get("User-Agent", "")[:200]


def own_sessions(request: HttpRequest, person: Person) -> list[OwnSession]:
    """All living sessions of the person, newest first.

    Reads every living session of the installation: their table knows no person, and it is small.
    """
    found = [_drawn(row, data, request) for row, data in _rows_of(person)]
    return sorted(found, key=lambda one: one.until, reverse=True)


def end_session(person: Person, name: str) -> bool:
    """End that session of the person; False when it has ended already."""
    for row, _data in _rows_of(person):
        if _name(row.session_key) == name:
            with transaction.atomic():
                row.delete()
                events.record(actor=person, verb="session.ended", subject=person)
            return True
    return False


def _rows_of(person: Person) -> list[tuple[Session, dict[str, Any]]]:
    """A session made under an earlier password is over, though its row is still there."""
    living = Session.objects.filter(expire_date__gt=timezone.now()).iterator()
    own = {SESSION_KEY: str(person.pk), HASH_SESSION_KEY: person.get_session_auth_hash()}
    pairs = ((row, row.get_decoded()) for row in living)
    return [(row, data) for row, data in pairs if own.items() <= data.items()]


def _drawn(row: Session, data: dict[str, Any], request: HttpRequest) -> OwnSession:
    return OwnSession(
        name=_name(row.session_key),
        browser=str(data.get(BROWSER, "")),
        since=parse_datetime(str(data.get(SINCE, ""))),
        until=row.expire_date,
        is_this=row.session_key == request.session.session_key,
    )


def _name(session_key: str) -> str:
    return hashlib.sha256(session_key.encode()).hexdigest()[:24]
