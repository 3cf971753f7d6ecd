"""The hub of live updates: one poller per process reads one small table and tells every open stream."""

import asyncio
import logging
import re
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from django.conf import settings
from django.db import Error, connections
from django.utils.translation import gettext as _

from releaseorch.audit.models import Topic
from releaseorch.core.errors import Invalid

T = TypeVar("T")
logger = logging.getLogger(__name__)

POLL_S = 0.5
PING_S = 15.0
RECHECK_S = 45.0  # within a minute even if a ping is due just before; settings.LIVE_RECHECK_S says otherwise
RETRY_MS = 3000
MOST_TOPICS = 20
TOPIC = re.compile(r"[a-z][a-z_]{0,39}(:[1-9][0-9]{0,18})?\Z")

Versions = dict[str, int]


def topics_of(names: Iterable[str]) -> frozenset[str]:
    """The topics a stream asks for; `Invalid` when one can't be a topic or there are too many."""
    topics = frozenset(name for name in names if name)
    if not topics:
        raise Invalid({"topics": _("Name at least one topic, such as run:214.")})
    if len(topics) > MOST_TOPICS:
        raise Invalid({"topics": _("One stream follows at most %(n)d topics.") % {"n": MOST_TOPICS}})
    if not all(TOPIC.match(topic) for topic in topics):
        raise Invalid({"topics": _("A topic is a word, or a word and a number, such as run:214.")})
    return topics


def versions_now(topics: Iterable[str]) -> Versions:
    """The version of each topic that ever changed; one query, its connection given back at once."""
    try:
        return dict(Topic.objects.filter(name__in=sorted(topics)).values_list("name", "version"))
    finally:
        connections.close_all()


@dataclass(eq=False)
class Subscription:
    """One open stream. The queue holds one token: "look"; what is new is found by comparing versions."""

    topics: frozenset[str]
    sent: Versions = field(default_factory=dict)
    wake: "asyncio.Queue[None]" = field(default_factory=lambda: asyncio.Queue(maxsize=1))

    def nudge(self) -> None:
        if self.wake.empty():
            self.wake.put_nowait(None)

    def news(self, versions: Versions) -> Versions:
        """What this stream hasn't been told yet; versions only go up."""
        found = {
            topic: versions[topic]
            for topic in self.topics
            if topic in versions and versions[topic] > self.sent.get(topic, 0)
        }
        self.sent.update(found)
        return found


class Hub:
    """Polls while somebody listens: one query per tick for all streams of this process.

    Queries run in the hub's own thread, so that no stream holds a database connection while it is open.
    """

    def __init__(self, poll_s: float = POLL_S) -> None:
        self.poll_s = poll_s
        self.versions: Versions = {}
        self.subscriptions: set[Subscription] = set()
        self.queries = 0
        self.is_closing = False
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live-hub")

    def run(self, ask: Callable[[], T]) -> "Awaitable[T]":
        """Ask the database in the hub's thread; not `to_thread`, which would take along the context of one request."""
        return asyncio.get_running_loop().run_in_executor(self._thread, ask)

    async def subscribe(self, subscription: Subscription) -> None:
        self.subscriptions.add(subscription)
        await self._look()  # catch-up: the stream begins with how it stands now
        subscription.nudge()
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._poll())

    def unsubscribe(self, subscription: Subscription) -> None:
        self.subscriptions.discard(subscription)
        if not self.subscriptions and self._task is not None:
            self._task.cancel()
            self._task = None
            self.versions = {}

    async def _poll(self) -> None:
        while self.subscriptions:
            await asyncio.sleep(self.poll_s)
            if server_is_stopping():
                self.is_closing = True
                for subscription in self.subscriptions:
                    subscription.nudge()
                return
            await self._look()

    async def _look(self) -> None:
        wanted = frozenset().union(*(one.topics for one in self.subscriptions))
        if not wanted:
            return
        try:
            fresh = await self.run(lambda: versions_now(wanted))
        except Error as error:  # the database is away for a moment; the next tick sees what was missed
            logger.warning("live topics could not be read: %s", error)
            return
        self.queries += 1
        changed = {name for name, version in fresh.items() if version > self.versions.get(name, 0)}
        self.versions.update(fresh)
        for subscription in self.subscriptions:
            if changed & subscription.topics:
                subscription.nudge()


def server_is_stopping() -> bool:
    """Whether this process was asked to end. The server waits for open streams and tells nobody; its handler knows."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return bool(getattr(server, "should_exit", False))


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub() -> Hub:
    """The hub of this process's event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        for old in [one for one in _hubs if one.is_closed()]:
            del _hubs[old]
        _hubs[loop] = Hub()
    return _hubs[loop]


async def stream(topics: frozenset[str], still_may: Callable[[], bool]) -> AsyncIterator[bytes]:
    """Server-sent events until the browser leaves, the rights end (event `end`) or the server stops.

    `changed` carries {"topic", "version"}; the first ones say how it stands now.
    """
    here, subscription = hub(), Subscription(topics)
    loop, recheck_s = asyncio.get_running_loop(), float(getattr(settings, "LIVE_RECHECK_S", RECHECK_S))
    recheck_at = loop.time() + recheck_s
    try:
        await here.subscribe(subscription)
        yield f"retry: {RETRY_MS}\n\n".encode()
        while not here.is_closing:
            try:
                await asyncio.wait_for(subscription.wake.get(), PING_S)
            except TimeoutError:
                yield b": ping\n\n"
            for topic, version in sorted(subscription.news(here.versions).items()):
                yield f'event: changed\ndata: {{"topic":"{topic}","version":{version}}}\n\n'.encode()
            if loop.time() >= recheck_at:
                if not await here.run(still_may):
                    yield b"event: end\ndata: {}\n\n"
                    return
                recheck_at = loop.time() + recheck_s
    finally:
        here.unsubscribe(subscription)
