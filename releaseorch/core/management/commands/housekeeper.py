"""The housekeeper: a plain loop without Celery, since it repairs what the broker lost."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connections

from releaseorch.core import housekeeping

TOGETHER = 0.02  # of its pause a chore is done earlier, so that those of one rhythm ask once
Answers = dict[Callable[[], bool], bool]
logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Does the chores (sweep, reap, seals, outbox) over and over; with --once each a single time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do every chore once and end")

    def handle(self, *args: Any, once: bool = False, **options: Any) -> None:
        if once:
            for chore in housekeeping.chores():
                self.stdout.write(f"{chore.name}: {chore.work()}")
            return
        stop = threading.Event()

        def ask_to_stop(number: int, frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, ask_to_stop)
        signal.signal(signal.SIGINT, ask_to_stop)
        self.keep_house(stop, housekeeping.chores())

    def keep_house(self, stop: threading.Event, chores: Sequence[housekeeping.Chore]) -> None:
        """Chores apart in a thread each, which ends with the process whatever it waits for; the others in turn."""
        for chore in chores:
            if chore.apart:
                threading.Thread(target=self.loop, args=(stop, [chore]), name=chore.name, daemon=True).start()
        self.loop(stop, [chore for chore in chores if not chore.apart])

    def loop(self, stop: threading.Event, chores: Sequence[housekeeping.Chore]) -> None:
        due = {chore.name: 0.0 for chore in chores}
        pauses = {chore.name: 0.0 for chore in chores}
        while not stop.is_set():
            answers: Answers = {}
            for chore in chores:
                early = TOGETHER * pauses[chore.name]
                if time.monotonic() + early >= due[chore.name] and not stop.is_set():
                    mended = self.work(chore, answers)
                    pauses[chore.name] = chore.pause(pauses[chore.name], bool(mended))
                    due[chore.name] = time.monotonic() + pauses[chore.name]
            stop.wait(max(0.05, min(due.values(), default=1.0) - time.monotonic()))

    def work(self, chore: housekeeping.Chore, answers: Answers) -> int:
        """How many things it mended. The connection is kept: asking whether it is usable costs as much as work."""
        try:
            if chore.only_if is not None:
                if chore.only_if not in answers:
                    answers[chore.only_if] = chore.only_if()
                if not answers[chore.only_if]:
                    return 0
            return chore.work()
        except Error as gone:  # the database is away: the next round tries again
            logger.warning("chore %s: %s", chore.name, gone)
            connections.close_all()
        except Exception:  # one broken chore must not stop the others
            logger.exception("chore %s failed", chore.name)
        return 0
