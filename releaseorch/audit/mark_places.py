"""Where the high-water mark is kept outside the database: the state directory, and the broker."""

import contextlib
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis
from django.conf import settings

logger = logging.getLogger(__name__)
ANSWERS_IN_S = 1.0
KNOWN_BY = 16  # of the hash of the first seal: enough to tell installations apart


@dataclass(frozen=True)
class MarkPlace:
    """One that is away reads as empty and takes nothing; losing it costs only what it would have told."""

    name: str
    read: Callable[[str], str]
    write: Callable[[str, str], None]


def places() -> list[MarkPlace]:
    """The state directory of this host, and the broker if it is one that keeps things (RabbitMQ keeps no mark)."""
    found = [_folder("state directory", Path(settings.STATE_DIR) / "high-water")]
    scheme = urlsplit(settings.CELERY_BROKER_URL).scheme
    if scheme in {"redis", "rediss", "redis+socket"}:
        found.append(_redis(settings.CELERY_BROKER_URL))
    elif scheme == "filesystem":
        found.append(_folder("broker", Path(settings.BROKER_DIR) / "high-water"))
    return found


def _folder(name: str, folder: Path) -> MarkPlace:
    def read(installation: str) -> str:
        try:
            return (folder / f"{installation[:KNOWN_BY]}.json").read_text()
        except OSError:
            return ""

    def write(installation: str, text: str) -> None:
        with _reported(name, OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = folder / f"{installation[:KNOWN_BY]}.json"
            half = file.with_name(f"{file.name}.{os.getpid()}")
            half.write_text(text)
            half.replace(file)

    return MarkPlace(name, read, write)


def _redis(url: str) -> MarkPlace:
    def ask(command: Callable[[Any], Any]) -> Any:
        address = url.replace("redis+socket://", "unix://", 1).replace("virtual_host=", "db=")
        with redis.Redis.from_url(
            address, socket_timeout=ANSWERS_IN_S, socket_connect_timeout=ANSWERS_IN_S
        ) as link:
            return command(link)

    def read(installation: str) -> str:
        found = None
        with _reported("broker", redis.RedisError, OSError, ValueError):
            found = ask(lambda link: link.get(_key(installation)))
        return found.decode("utf-8", "replace") if found else ""

    def write(installation: str, text: str) -> None:
        with _reported("broker", redis.RedisError, OSError, ValueError):
            ask(lambda link: link.set(_key(installation), text))

    return MarkPlace("broker", read, write)


def _key(installation: str) -> str:
    return f"releaseorch:high-water:{installation[:KNOWN_BY]}"


@contextlib.contextmanager
def _reported(name: str, *away: type[Exception]) -> Any:
    try:
        yield
    except away as problem:
        logger.debug("the high-water mark in the %s can't be had: %s", name, problem)
