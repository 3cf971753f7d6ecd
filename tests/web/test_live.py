"""The event stream: how it stands now first, then each change, until the rights end."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator

import httpx
import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from releaseorch.accounts.models import Person
from releaseorch.audit.models import Topic
from releaseorch.core.errors import Invalid
from releaseorch.web import live
from tests.characters import person

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 10


@pytest.fixture
def dana(transactional_db: None) -> Person:
    return person("dana", "Dana Brandt")


def cookies_of(who: Person) -> dict[str, str]:
    client = Client()
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return {"releaseorch": client.cookies["releaseorch"].value}


async def events(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, dict]]:
    name = ""
    async for line in lines:
        if line.startswith("event: "):
            name = line[7:]
        if line.startswith("data: "):
            yield name, json.loads(line[6:])


async def follow(
    address: str, cookies: dict[str, str], topics: str, count: int, meanwhile=None
) -> list[tuple[str, dict]]:
    """The first `count` events of one stream; `meanwhile` runs in a thread once the first has arrived."""
    seen: list[tuple[str, dict]] = []
    async with (
        httpx.AsyncClient(cookies=cookies, timeout=PATIENCE) as client,
        client.stream("GET", f"{address}/live/stream", params={"topics": topics}) as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.headers["x-accel-buffering"] == "no"
        assert answer.headers["cache-control"] == "no-store"
        async for event in events(answer.aiter_lines()):
            seen.append(event)
            if len(seen) == 1 and meanwhile:
                await asyncio.to_thread(meanwhile)
            if len(seen) >= count:
                return seen
    return seen


def change(name: str, version: int) -> None:
    from django.db import connection

    Topic.objects.update_or_create(name=name, defaults={"version": version})
    connection.close()


def test_a_stream_begins_with_how_it_stands_and_then_tells_each_change(live_asgi: str, dana: Person) -> None:
    Topic.objects.create(name="run:214", version=7)
    Topic.objects.create(name="run:999", version=3)
    cookies = cookies_of(dana)
    seen = asyncio.run(follow(live_asgi, cookies, "run:214,runs", 2, lambda: change("run:214", 8)))
    assert seen == [
        ("changed", {"topic": "run:214", "version": 7}),
        ("changed", {"topic": "run:214", "version": 8}),
    ]


def test_many_streams_share_one_poller(dana: Person) -> None:
    Topic.objects.create(name="runs", version=1)

    async def listen() -> tuple[int, int]:
        hub = live.Hub(poll_s=0.01)
        streams = [live.Subscription(frozenset({"runs"})) for _ in range(50)]
        for one in streams:
            await hub.subscribe(one)
            one.news(hub.versions)
            one.wake.get_nowait()
        asked = hub.queries
        await hub.run(lambda: change("runs", 2))
        await asyncio.wait_for(asyncio.gather(*(one.wake.get() for one in streams)), PATIENCE)
        told = sum(one.news(hub.versions) == {"runs": 2} for one in streams)
        per_stream = (hub.queries - asked) / len(streams)
        for one in streams:
            hub.unsubscribe(one)
        assert hub.subscriptions == set() and hub._task is None
        return told, per_stream

    told, per_stream = asyncio.run(listen())
    assert told == 50
    assert per_stream < 0.5


class Stopping:
    """A server that was asked to end, as its signal handler knows."""

    should_exit = True

    def handle_exit(self, *_signal: object) -> None: ...


def test_streams_end_when_the_server_was_asked_to_stop(dana: Person) -> None:
    before = signal.signal(signal.SIGTERM, Stopping().handle_exit)

    async def listen() -> list[bytes]:
        return [chunk async for chunk in live.stream(frozenset({"runs"}), lambda: True)]

    try:
        assert asyncio.run(asyncio.wait_for(listen(), PATIENCE)) == [b"retry: 3000\n\n"]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_stream_never_goes_back(dana: Person) -> None:
    subscription = live.Subscription(frozenset({"runs"}), wake=None)  # type: ignore[arg-type]
    assert subscription.news({"runs": 5}) == {"runs": 5}
    assert subscription.news({"runs": 4}) == {}
    assert subscription.news({"runs": 5, "work": 9}) == {}


def test_a_stream_ends_when_the_session_has_ended(live_asgi: str, dana: Person, settings) -> None:
    settings.LIVE_RECHECK_S = 0.1
    Topic.objects.create(name="runs", version=1)
    cookies = cookies_of(dana)

    def end_session() -> None:
        Session.objects.all().delete()
        change("runs", 2)

    seen = asyncio.run(follow(live_asgi, cookies, "runs", 9, end_session))
    assert seen[-1] == ("end", {})


def test_a_stream_ends_when_its_person_is_made_inactive(live_asgi: str, dana: Person, settings) -> None:
    settings.LIVE_RECHECK_S = 0.1
    Topic.objects.create(name="runs", version=1)
    cookies = cookies_of(dana)

    def dismiss() -> None:
        Person.objects.update(is_active=False)
        change("runs", 2)

    assert asyncio.run(follow(live_asgi, cookies, "runs", 9, dismiss))[-1] == ("end", {})


def test_nobody_listens_without_a_session(live_asgi: str) -> None:
    assert httpx.get(f"{live_asgi}/live/stream?topics=runs").status_code == 401


@pytest.mark.parametrize(
    "topic", ["run:0", "run:9223372036854775808000", "Run", "run:1;drop", "a b", "run:1\n", "x" * 90]
)
def test_what_cannot_be_a_topic_is_refused(topic: str) -> None:
    with pytest.raises(Invalid):
        live.topics_of([topic])


def test_a_stream_without_topics_is_refused(live_asgi: str, dana: Person) -> None:
    assert httpx.get(f"{live_asgi}/live/stream?topics=,", cookies=cookies_of(dana)).status_code == 400


def test_the_number_of_topics_is_limited() -> None:
    with pytest.raises(Invalid):
        live.topics_of(f"run:{n}" for n in range(1, 22))
    assert len(live.topics_of(f"run:{n}" for n in range(1, 21))) == 20


def test_a_server_that_cannot_stream_says_so_instead_of_hanging(dana: Person, door) -> None:
    answer = door(dana).get("/live/stream?topics=runs")
    assert answer.status_code == 501
    assert "ASGI" in answer.content.decode()


def test_pages_are_served_while_a_stream_is_open(live_asgi: str, dana: Person) -> None:
    Topic.objects.create(name="runs", version=1)
    found: list[int] = []

    def look() -> None:
        found.append(httpx.get(f"{live_asgi}/healthz").status_code)
        change("runs", 2)

    asyncio.run(follow(live_asgi, cookies_of(dana), "runs", 2, look))
    assert found == [200]
