"""Log lines that say what they belong to: a request, a run, an attempt."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_facts: ContextVar[dict[str, str]] = ContextVar("log facts", default={})  # noqa: B039 (never changed in place)


@contextmanager
def about(**facts: object) -> Iterator[None]:
    """Every line that is logged inside carries these."""
    token = _facts.set({**_facts.get(), **{name: str(value) for name, value in facts.items()}})
    try:
        yield
    finally:
        _facts.reset(token)


def begin(**facts: object) -> None:
    """From here on, in this context, until the next `begin`; for what begins and ends in different functions."""
    _facts.set({name: str(value) for name, value in facts.items()})


class Json(logging.Formatter):
    """One object a line: at, level, logger, message, then what it belongs to, then the traceback as `error`."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_facts.get(),
        }
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)


class Text(logging.Formatter):
    """The same for people."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name} {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:
        facts = " ".join(f"{name}={value}" for name, value in _facts.get().items())
        line = super().formatMessage(record)
        return f"{line} [{facts}]" if facts else line
