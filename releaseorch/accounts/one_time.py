"""One-time codes as phones make them (RFC 6238: SHA-1, six digits, half a minute), and recovery codes."""

import base64
import hashlib
import hmac
import re
import secrets
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

SECRET_BYTES = 20
STEP_S = 30
DIGITS = 6
STEPS_APART = 1  # a phone's clock may be half a minute off, either way
RECOVERY_CODES = 10
RECOVERY_BYTES = 15  # 120 random bits need no salt and no slow hash
LONGEST = 100


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def code_at(secret: bytes, at: float) -> str:
    return _code(secret, int(at) // STEP_S)


def step_of(secret: bytes, typed: str, at: float) -> int | None:
    """The half minute that this is the code of, about now."""
    now = int(at) // STEP_S
    steps = range(now - STEPS_APART, now + STEPS_APART + 1)
    found = [step for step in steps if hmac.compare_digest(_code(secret, step), _plain(typed))]
    return found[-1] if found else None


def text_of(secret: bytes) -> str:
    """As people type it into a phone that can't see."""
    return base64.b32encode(secret).decode()


def address_of(secret: bytes, username: str, place: str) -> str:
    """What the picture says, for the phone."""
    values = {"secret": text_of(secret), "issuer": place, "digits": DIGITS, "period": STEP_S}
    return f"otpauth://totp/{quote(f'{place}:{username}')}?{urlencode(values, quote_via=quote)}"


def new_recovery_codes() -> list[str]:
    return [_recovery_code() for _number in range(RECOVERY_CODES)]


def hash_of(recovery_code: str) -> str:
    return hashlib.sha256(_plain(recovery_code).encode()).hexdigest()


def _recovery_code() -> str:
    text = base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower()
    return "-".join(re.findall("....", text))


def _code(secret: bytes, step: int) -> str:
    return HOTP(secret, DIGITS, SHA1()).generate(step).decode()  # noqa: S303 (as the phones do)


def _plain(typed: str) -> str:
    """Without blanks and dashes, as people group what they read off; empty when it can't be a code."""
    found = re.sub(r"[\s-]", "", typed[:LONGEST]).lower()
    return found if found.isascii() else ""
