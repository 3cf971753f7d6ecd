"""Secrets never reach the log, however it is cut and however they are encoded."""

import base64
import json
import shlex
from itertools import pairwise
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from releaseorch.executors.redaction import MASK, RedactingSink, Redactor
from tests.executors.stage import Log

SECRETS = {
    "token": b"s3cr3t/+ \"q'",
    "key": b"-----BEGIN\nline-one-of-it\nline-two-of-it\n",
    "part": b"cr3t/+ x",
}
FORMS = [
    SECRETS["token"],
    base64.b64encode(SECRETS["token"]),
    base64.urlsafe_b64encode(SECRETS["token"]).rstrip(b"="),
    quote(SECRETS["token"], safe="").encode(),
    quote_plus(SECRETS["token"]).encode(),
    json.dumps(SECRETS["token"].decode())[1:-1].encode(),
    shlex.quote(SECRETS["token"].decode()).encode(),
    b"line-two-of-it",
    SECRETS["key"],
]


def cleaned(chunks: list[bytes], secrets: dict[str, bytes] = SECRETS) -> bytes:
    log = Log()
    sink = RedactingSink(log, secrets)
    for chunk in chunks:
        sink.write(chunk)
    sink.close()
    return log.content


@pytest.mark.parametrize("form", FORMS)
def test_every_encoding_is_hidden(form: bytes) -> None:
    out = cleaned([b"before " + form + b" after"])
    assert out.startswith(b"before ")
    assert out.endswith(b" after")
    assert MASK in out
    assert form not in out


@pytest.mark.parametrize("user", [b"", b"a", b"ab", b"abc", b"jenkins:"])
def test_a_secret_inside_a_longer_base64_text_is_hidden(user: bytes) -> None:
    encoded = base64.b64encode(user + b"correct horse battery" + b":x")
    out = cleaned([b"Authorization: Basic " + encoded], {"password": b"correct horse battery"})
    core = base64.b64encode(b"correct horse battery"[3:18])
    assert MASK in out
    assert core not in out
    assert len(out.replace(MASK, b"")) <= len(b"Authorization: Basic ") + 20


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_hidden_wherever_the_stream_is_cut_within_it(form: bytes) -> None:
    whole = cleaned([b"before " + form + b" after"])
    for cut in range(1, len(form)):
        assert cleaned([b"before " + form[:cut], form[cut:] + b" after"]) == whole


@st.composite
def cut_streams(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    pieces = draw(
        st.lists(
            st.one_of(st.sampled_from(FORMS), st.sampled_from([f[:5] for f in FORMS]), st.binary(max_size=9))
        )
    )
    stream = b"".join(pieces)
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    edges = [0, *cuts, len(stream)]
    return stream, [stream[a:b] for a, b in pairwise(edges)]


@settings(deadline=None)
@given(cut_streams())
def test_where_the_stream_is_cut_changes_nothing(stream_and_chunks: tuple[bytes, list[bytes]]) -> None:
    stream, chunks = stream_and_chunks
    out = cleaned(chunks)
    assert out == cleaned([stream])
    assert not [form for form in FORMS if form in out]


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40)))
def test_without_secrets_every_byte_passes_at_once(chunks: list[bytes]) -> None:
    assert Redactor({}).redact(b"".join(chunks), final=False) == (b"".join(chunks), sum(map(len, chunks)))


def test_only_what_may_be_the_start_of_a_secret_is_held_back() -> None:
    redactor = Redactor({"token": b"hunter2-hunter2"})
    assert redactor.redact(b"all of this\n", final=False) == (b"all of this\n", 12)
    assert redactor.redact(b"password: hunter2-", final=False) == (b"password: ", 10)
    assert redactor.redact(b"password: hunter2-", final=True) == (b"password: hunter2-", 18)


def test_short_secrets_are_left_and_named() -> None:
    redactor = Redactor({"pin": b"1234", "empty": b"", "token": b"123456"})
    assert redactor.too_short == ("pin",)
    assert redactor.redact(b"1234 123456", final=True)[0] == b"1234 " + MASK


@pytest.mark.parametrize("form", [form for form in FORMS if not form.startswith(b"'")])
def test_what_is_skipped_takes_the_rest_of_a_secret_with_it(form: bytes) -> None:
    log = Log()
    sink = RedactingSink(log, SECRETS)
    sink.write(b"before " + form[:5])
    sink.skip(1000)
    sink.write(form[-5:] + b" after")
    sink.close()
    shown = len(log.content) - len(MASK + b" after")
    assert log.content == (b"before " + form[:5])[:shown] + MASK + b" after"
    assert not log.content.startswith(b"before " + form[:4])
    assert log.gaps == [(shown, 1000 + len(b"before " + form[:5]) - shown)]
