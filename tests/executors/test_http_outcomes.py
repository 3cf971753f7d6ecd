"""What an http step answers for each thing that can happen on the way."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from releaseorch.executors import outbound
from releaseorch.executors.base import Context, Done, Errored, Failed, Inputs, Running, Unknown
from releaseorch.executors.http.executor import HttpExecutor
from tests.executors.stage import SECRET, FarSide, carry_out, context_for, far_side, log_of

EXECUTOR = HttpExecutor(outbound.Guard("127.0.0.1:*"))


@pytest.fixture
def side() -> Iterator[FarSide]:
    with far_side() as side:
        yield side


def run(tmp_path: Path, **config: Any) -> tuple[Any, Context]:
    context = context_for(config, tmp_path, parameters={"version": "2.3.1"})
    return carry_out(EXECUTOR, context), context


def test_the_answer_is_checked_for_status_text_and_fields(side: FarSide, tmp_path: Path) -> None:
    fields = {"version": "${version}", "parts.0.up": "true"}
    assert EXECUTOR.validate({"url": side.url("/"), "expect_text": "o", "expect_json": fields}) == {}
    assert run(tmp_path, url=side.url("/"), expect_text='"${version}"', expect_json=fields)[0] == Done(
        {"status": "200"}
    )
    assert isinstance(run(tmp_path, url=side.url("/"), expect_text="2.3.2")[0], Failed)
    assert isinstance(run(tmp_path, url=side.url("/"), expect_json={"version": "2.3"})[0], Failed)
    assert isinstance(run(tmp_path, url=side.url("/"), expect_json={"no.such.field": "x"})[0], Failed)
    assert isinstance(run(tmp_path, url=side.url("/huge"), expect_json={"a": "x"})[0], Failed)


def test_another_status_is_failed_unless_it_is_expected(side: FarSide, tmp_path: Path) -> None:
    assert run(tmp_path, url=side.url("/missing"))[0] == Failed("The answer was 404.")
    assert isinstance(run(tmp_path, url=side.url("/missing"), expect_status=[404])[0], Done)
    assert isinstance(run(tmp_path, url=side.url("/"), expect_status=[404])[0], Failed)


def test_a_redirect_is_not_followed(side: FarSide, tmp_path: Path) -> None:
    result, _ = run(tmp_path, url=side.url("/redirect"))
    assert result == Failed("The answer was 302. Redirects are not followed.")
    assert len(side.requests) == 1


def test_a_huge_answer_is_read_up_to_a_megabyte(side: FarSide, tmp_path: Path) -> None:
    result, context = run(tmp_path, url=side.url("/huge"))
    assert isinstance(result, Done)
    assert b"more than 1 MB" in log_of(context)
    assert len(log_of(context)) < 8192


@pytest.mark.parametrize("path", ["/stuck", "/drip", "/cut"])
def test_without_a_whole_answer_a_post_is_unknown_and_a_get_failed(
    side: FarSide, path: str, tmp_path: Path
) -> None:
    assert isinstance(run(tmp_path, url=side.url(path), method="POST", timeout_s=0.3)[0], Unknown)
    assert isinstance(run(tmp_path, url=side.url(path), timeout_s=0.3)[0], Failed)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://user@127.0.0.1/",
        "http://169.254.169.254/",
        "http://[::1]:8000/",
        "http://${version}/",
    ],
)
def test_what_is_not_allowed_or_not_there_is_errored(url: str, tmp_path: Path) -> None:
    assert isinstance(run(tmp_path, url=url, method="POST")[0], Errored)


def test_a_far_side_without_encryption_is_errored_and_got_no_request(side: FarSide, tmp_path: Path) -> None:
    url = side.url("/").replace("http:", "https:")
    assert isinstance(run(tmp_path, url=url, method="POST", text="a")[0], Errored)
    assert side.requests == []


def test_headers_and_bodies_arrive_as_given(side: FarSide, tmp_path: Path) -> None:
    secret = {"authorization": {"secret": "token", "prefix": "Bearer "}}
    headers = {"X-Version": "${version}", "accept": "text/plain"}
    body = {"to": '${version}", "x": "y', "n": [1, None]}
    assert isinstance(
        run(
            tmp_path,
            url=side.url("/ok?v=${version}"),
            method="PUT",
            json=body,
            headers=headers,
            secret_headers=secret,
        )[0],
        Done,
    )
    method, path, got, sent = side.requests[0]
    assert (method, path) == ("PUT", "/ok?v=2.3.1")
    assert got["X-Version"] == "2.3.1"
    assert got["authorization"] == f"Bearer {SECRET.decode()}"
    assert [value for name, value in got.items() if name.lower() == "accept"] == ["text/plain"]
    assert got["Host"] == f"127.0.0.1:{side.port}"
    assert sent == b'{"to": "2.3.1\\", \\"x\\": \\"y", "n": [1, null]}'


def test_a_line_break_in_a_header_is_errored(side: FarSide, tmp_path: Path) -> None:
    context = context_for(
        {"url": side.url("/"), "headers": {"X-A": "${a}"}}, tmp_path, parameters={"a": "b\r\nHost: evil"}
    )
    assert isinstance(EXECUTOR.start(context), Errored)
    assert side.requests == []


def test_a_secret_that_was_not_handed_over_is_errored(side: FarSide, tmp_path: Path) -> None:
    config = {"url": side.url("/"), "secret_headers": {"X-A": {"secret": "other"}}}
    assert isinstance(EXECUTOR.start(context_for(config, tmp_path)), Errored)


def test_a_health_check_is_repeated_until_it_passes(side: FarSide, tmp_path: Path) -> None:
    side.failures_left = 3
    context = context_for({"url": side.url("/flaky"), "wait_s": 30}, tmp_path)
    assert isinstance(EXECUTOR.start(context), Running)
    assert isinstance(carry_out(EXECUTOR, context), Done)
    assert len(side.requests) == 4


def test_a_health_check_fails_when_its_time_is_over(side: FarSide, tmp_path: Path) -> None:
    side.failures_left = 10_000
    result, _ = run(tmp_path, url=side.url("/flaky"), wait_s=0.2)
    assert isinstance(result, Failed)
    assert "503" in result.reason
    result, _ = run(tmp_path, url="http://127.0.0.1:1/", wait_s=0.2)
    assert isinstance(result, Failed)


def test_waiting_does_not_help_against_a_refusal(tmp_path: Path) -> None:
    context = context_for({"url": "http://169.254.169.254/", "wait_s": 30}, tmp_path)
    assert isinstance(EXECUTOR.start(context), Errored)


def test_with_a_key_the_request_is_sent_again_under_the_same_key(side: FarSide, tmp_path: Path) -> None:
    config = {"url": side.url("/"), "method": "POST", "idempotency_header": "Idempotency-Key"}
    context = context_for(config, tmp_path)
    assert EXECUTOR.effect_class_of(config) == "B"
    assert EXECUTOR.effect_class_of({"url": "http://x/"}) == "D"
    assert isinstance(EXECUTOR.reconcile(context, None), Done)
    assert isinstance(EXECUTOR.start(context), Done)
    assert [headers["Idempotency-Key"] for _, _, headers, _ in side.requests] == ["41-1", "41-1"]


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"url": "http://x/", "method": "POST", "wait_s": 5}, "wait_s"),
        ({"url": "http://x/", "json": {}, "text": ""}, "text"),
        ({"url": "http://x/", "headers": {"Host": "y"}}, "headers.Host"),
        ({"url": "http://x/", "headers": {"A B": "y"}}, "headers"),
        ({"url": "http://u@x/"}, "url"),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"url": "http://x/", "method": "TRACE"}, "method"),
        ({"url": "http://x/", "expect_status": [1000]}, "expect_status.0"),
        ({"url": 5}, "url"),
    ],
)
def test_a_wrong_configuration_is_refused_at_its_field(config: dict[str, Any], field: str) -> None:
    assert list(EXECUTOR.validate(config)) == [field]


def test_the_plan_shows_the_request() -> None:
    config = {"url": "http://x.example/${version}", "method": "POST", "expect_status": [201]}
    shown = EXECUTOR.plan(Inputs(config, {"version": "2"}))
    assert shown == "POST http://x.example/2\n  expects 201"
    assert "missing" in EXECUTOR.plan(Inputs(config))
