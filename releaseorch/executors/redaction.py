"""Hides secrets in a stream of log bytes, wherever the stream is cut."""

import base64
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus

from releaseorch.executors.base import LogSink

MASK = b"[secret]"
MIN_LENGTH = 6
# A shorter rest of a secret tells nothing, and would be seen in too many texts that hold none.
MIN_REST = 3


class Redactor:
    """Replaces known secrets, also base64, URL, JSON and shell encoded, and each line of those of many lines.

    Secrets shorter than six bytes would garble the log more than they protect: `too_short` names them.
    """

    def __init__(self, secrets: Mapping[str, bytes]) -> None:
        self.too_short = tuple(name for name, value in secrets.items() if 0 < len(value.strip()) < MIN_LENGTH)
        found = {form for value in secrets.values() for form in _forms(value) if len(form) >= MIN_LENGTH}
        self._patterns = tuple(sorted(found, key=lambda form: (-len(form), form)))
        self._search = re.compile(b"|".join(map(re.escape, self._patterns))).search if found else None

    def redact(self, data: bytes, *, final: bool) -> tuple[bytes, int]:
        """Return (clean bytes, number of input bytes they stand for).

        Unless `final`, an end of `data` that may be the start of a secret is left out: hand it in again, with more.
        """
        if self._search is None:
            return data, len(data)
        clean, position = bytearray(), 0
        hold = len(data) if final else self._hold_from(data, position)
        while (match := self._search(data, position)) and match.start() < hold:
            clean += data[position : match.start()] + MASK
            position = match.end()
            if hold < position:
                hold = self._hold_from(data, position)
        return bytes(clean + data[position:hold]), hold

    @property
    def longest(self) -> int:
        """No secret is longer, in whatever form."""
        return len(self._patterns[0]) if self._patterns else 0

    def after_secret(self, data: bytes, at: int) -> int:
        """The first index from `at` on that doesn't lie within a secret; some `longest` bytes around it are needed."""
        is_within = True
        while is_within:
            is_within = False
            for form in self._patterns:
                start = data.find(form, max(at - len(form) + 1, 0), at + len(form) - 1)
                if start >= 0:
                    at, is_within = start + len(form), True
        return at

    def rest_of_secret(self, data: bytes) -> int:
        """How many bytes at the beginning of `data` may be the rest of a secret whose start isn't there."""
        ends = (form[-size:] for form in self._patterns for size in range(MIN_REST, len(form)))
        return max((len(end) for end in ends if data.startswith(end)), default=0)

    def _hold_from(self, data: bytes, position: int) -> int:
        """Return the first index from which the rest of `data` might turn out to be the start of a secret."""
        longest = len(self._patterns[0])
        for start in range(max(position, len(data) - longest + 1), len(data)):
            rest = data[start:]
            if any(len(form) > len(rest) and form.startswith(rest) for form in self._patterns):
                return start
        return len(data)


class RedactingSink:
    """A log sink that cleans what it passes on; `close` hands over what was held back."""

    def __init__(self, sink: LogSink, secrets: Mapping[str, bytes] | Redactor) -> None:
        self._sink = sink
        self._redactor = secrets if isinstance(secrets, Redactor) else Redactor(secrets)
        self._held = b""
        self._is_torn = False

    def write(self, data: bytes, /) -> None:
        if self._is_torn and data:
            self._is_torn, rest = False, self._redactor.rest_of_secret(data)
            data = (MASK if rest else b"") + data[rest:]
        self._pass_on(self._held + data, final=False)

    def skip(self, count: int, /) -> None:
        """What was held back is skipped, too: its rest won't come. What comes next may be the rest of a secret."""
        self._sink.skip(len(self._held) + count)
        self._held, self._is_torn = b"", True

    def close(self) -> None:
        self._pass_on(self._held, final=True)

    def _pass_on(self, data: bytes, *, final: bool) -> None:
        clean, used = self._redactor.redact(data, final=final)
        self._held = data[used:]
        if clean:
            self._sink.write(clean)


def _forms(secret: bytes) -> Iterator[bytes]:
    yield from _encoded(secret)
    stripped = secret.strip()
    if stripped != secret:
        yield from _encoded(stripped)
    lines = stripped.splitlines()
    if len(lines) > 1:
        for line in lines:
            yield line.strip()


def _encoded(secret: bytes) -> Iterator[bytes]:
    yield secret
    yield from _base64(secret)
    yield quote_plus(secret).encode()
    for safe in ("", "/"):
        percent = quote(secret, safe=safe)
        yield percent.encode()
        yield re.sub("%[0-9A-F]{2}", lambda match: match.group().lower(), percent).encode()
    try:
        text = secret.decode()
    except UnicodeDecodeError:
        return
    yield shlex.quote(text).strip("'").encode()
    for ascii_only in (True, False):
        escaped = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield escaped.encode()
        yield escaped.replace("/", "\\/").encode()


def _base64(secret: bytes) -> Iterator[bytes]:
    """Yield the secret encoded alone, and the part that stays the same when it is encoded inside a longer text."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        alone = encode(secret)
        yield alone
        yield alone.rstrip(b"=")
        for shift, spoilt in ((0, 0), (1, 2), (2, 3)):
            whole = (shift + len(secret)) * 8 // 6
            yield encode(b"\0" * shift + secret)[spoilt:whole]
