"""What the launcher says at the terminal: phases with their seconds, and one sentence when it must refuse."""

import contextlib
import sys
import time
from collections.abc import Iterator


class Refusal(Exception):
    """Nothing can go on; the text is one sentence that says what to do. The exit code is 1."""


def say(text: str = "") -> None:
    print(text, flush=True)


def warn(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def phase(text: str) -> Iterator[None]:
    """Prints the phase when it begins and its seconds when it is over; on one line at a terminal."""
    begun = time.monotonic()
    together = sys.stdout.isatty()
    print(f"  {text} …", end="" if together else "\n", flush=True)
    try:
        yield
    except BaseException:
        if together:
            print(flush=True)
        raise
    seconds = f"{time.monotonic() - begun:.1f} s"
    print(f" {seconds}" if together else f"  {text}: {seconds}", flush=True)
