"""The mailbox of the demo: mail becomes files that `/demo/mail` shows, and goes nowhere."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage as Message
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

MOST_KEPT = 500


class Mailbox(BaseEmailBackend):
    """Django's way to send mail, into a folder; the oldest goes when there are too many."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        for number, message in enumerate(email_messages):
            file = folder() / f"{time.time_ns():020d}-{number:03d}.eml"
            partial = file.with_suffix(".partial")
            partial.write_bytes(message.message().as_bytes())
            partial.rename(file)
        for old in _files()[MOST_KEPT:]:
            old.unlink(missing_ok=True)
        return len(email_messages)


@dataclass(frozen=True)
class Letter:
    to: str
    subject: str
    text: str
    at: datetime


def folder() -> Path:
    return Path(settings.STATE_DIR) / "mail"


def letters(to: str = "", most: int = 100) -> list[Letter]:
    """The newest first; only those to an address when one is given."""
    found: list[Letter] = []
    for file in _files():
        letter = _read(file)
        if letter is not None and (not to or letter.to == to):
            found.append(letter)
        if len(found) == most:
            break
    return found


def addresses() -> list[str]:
    """Who has got mail, by address."""
    return sorted({letter.to for letter in letters(most=MOST_KEPT)})


def _files() -> list[Path]:
    return sorted(folder().glob("*.eml"), reverse=True)


def _read(file: Path) -> Letter | None:
    try:
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
    except FileNotFoundError:  # made room for a newer one just now
        return None
    assert isinstance(message, Message)
    at = datetime.fromtimestamp(int(file.stem.split("-")[0]) / 1e9).astimezone()
    return Letter(str(message["To"]), str(message["Subject"]), str(message.get_content()), at)
