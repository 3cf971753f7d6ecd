"""Seals secrets for the database: AES-256-GCM, under keys that never stand in it.

A key has an id, which stands beside what it sealed. The current key is the first of `RELEASEORCH_SEALING_KEYS`, else of
the file `sealing_keys` in the state directory, which is read with each use, so that keys may change while we run.
"""

import base64
import binascii
import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

FILE = "sealing_keys"
KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
Keys = dict[str, bytes]


class CannotOpen(Exception):
    """What is sealed can't be opened here; the message is a sentence without anything secret."""


def seal(secret: bytes, place: str) -> tuple[str, bytes]:
    """Return the id of the key and what to store; it opens for the same `place` only."""
    keys = known_keys() or _first_keys()
    key_id = next(iter(keys))
    return key_id, _sealed(keys[key_id], secret, place)


def open_sealed(key_id: str, sealed: bytes, place: str) -> bytes:
    """Raises `CannotOpen`."""
    key = known_keys().get(key_id)
    if key is None:
        raise CannotOpen(_("The key %(id)s, which sealed a secret, is not known here.") % {"id": key_id})
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError):
        raise CannotOpen(_("A secret was altered since it was sealed. Set it anew.")) from None


def known_keys() -> Keys:
    """By id, the current one first; none before the first secret is sealed. Raises `ImproperlyConfigured`."""
    if settings.SEALING_KEYS:
        return _read(settings.SEALING_KEYS.split(","), "RELEASEORCH_SEALING_KEYS")
    with suppress(FileNotFoundError):
        return _read(_file().read_text().splitlines(), str(_file()))
    return {}


def self_test() -> None:
    """What each key seals is unlike what it was, and opens again; raises `ImproperlyConfigured`."""
    for key_id, key in known_keys().items():
        secret = secrets.token_bytes(KEY_BYTES)
        sealed = _sealed(key, secret, "self-test")
        if (
            secret in sealed
            or AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], b"self-test") != secret
        ):
            raise ImproperlyConfigured(f"The sealing key {key_id} doesn't seal.")


def add_key() -> str:
    """Put a new key before those of the file, which stay to open what they sealed; returns its id."""
    if settings.SEALING_KEYS:
        raise ImproperlyConfigured(
            "The sealing keys come from RELEASEORCH_SEALING_KEYS: put a new one first there, then rotate."
        )
    made = _new_key()
    with _alone():
        _write({**made, **known_keys()})
    return next(iter(made))


def forget_keys(unused: set[str]) -> None:
    """Take keys that seal nothing any more out of the file; never the current one."""
    with _alone():
        keys = known_keys()
        current = next(iter(keys), "")
        _write({key_id: key for key_id, key in keys.items() if key_id == current or key_id not in unused})


def _sealed(key: bytes, secret: bytes, place: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret, place.encode())


def _read(lines: list[str], source: str) -> Keys:
    found: Keys = {}
    for line in filter(None, map(str.strip, lines)):
        key_id, _colon, text = line.partition(":")
        try:
            key = base64.b64decode(text, validate=True)
        except binascii.Error:
            key = b""
        if not KEY_ID.fullmatch(key_id) or len(key) != KEY_BYTES or len(set(key)) < 8:
            raise ImproperlyConfigured(
                f"{source} holds a line that is no sealing key: an id, a colon and {KEY_BYTES} random bytes in base64."
            )
        found.setdefault(key_id, key)
    return found


def _first_keys() -> Keys:
    """Make the file with a first key; whoever is second takes the key of who was first."""
    with _alone():
        if not known_keys():
            _write(_new_key())
    return known_keys()


@contextmanager
def _alone() -> Iterator[None]:
    """Only one process or thread at a time changes the file: what another adds in between would be lost."""
    _file().parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(_file().with_name(f"{FILE}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _new_key() -> Keys:
    return {f"k-{secrets.token_hex(4)}": secrets.token_bytes(KEY_BYTES)}


def _write(keys: Keys) -> None:
    _draft(keys).replace(_file())


def _draft(keys: Keys) -> Path:
    draft = _file().with_name(f"{FILE}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.writelines(f"{key_id}:{base64.b64encode(key).decode()}\n" for key_id, key in keys.items())
        file.flush()
        os.fsync(file.fileno())
    return draft


def _file() -> Path:
    return Path(settings.STATE_DIR) / FILE
