"""Sends one HTTP request and judges the answer; a health check is sent again until it passes."""

import json
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from releaseorch.executors import base, outbound, template
from releaseorch.executors.base import (
    Cancelled,
    Config,
    Context,
    Done,
    EffectClass,
    Errored,
    Failed,
    Inputs,
    Result,
    Running,
    Unknown,
)
from releaseorch.executors.http import config, connection, exchange
from releaseorch.executors.redaction import RedactingSink
from releaseorch.words import gettext as _
from releaseorch.words import gettext_noop, ngettext

TRY_S = 2.0
EXCERPT = 4096
_WAITING = "wait-until:"


class HttpExecutor(base.Executor):
    """One request per attempt; see README.md for what counts as failed, could not be run and unknown."""

    kind: ClassVar[str] = "http"
    keeps_files = False
    keeps_waiting = True
    label: ClassVar[str] = gettext_noop("HTTP request")
    capabilities: ClassVar[frozenset[str]] = frozenset({"secrets", "network"})
    config_schema: ClassVar[Mapping[str, Any]] = config.SCHEMA
    connection_schema: ClassVar[Mapping[str, Any]] = connection.SCHEMA

    def __init__(self, guard: outbound.Guard | None = None) -> None:
        self._guard = guard

    def effect_class_of(self, config_: Config) -> EffectClass:
        return "B" if config_.get("idempotency_header") else self.effect_class

    def validate(self, config_: Config) -> dict[str, str]:
        return super().validate(config_) or config.problems(config_)

    def validate_connection(self, config_: Config) -> dict[str, str]:
        return super().validate_connection(config_) or connection.problems(config_, self._use_guard())

    def validate_connected(self, config_: Config) -> dict[str, str]:
        return self.validate(connection.standing_in(config_))

    def connected(self, config_: Config, connection_: Config) -> Config:
        return connection.joined(config_, connection_)

    def origin(self, connection_: Config) -> str:
        return connection.origin(connection_)

    def plan(self, inputs: Inputs) -> str:
        try:
            url = template.render(inputs.config["url"], inputs.parameters)
            outbound.parse(url)
        except (template.TemplateError, outbound.Refused) as problem:
            return _("This can't be sent: %(problem)s") % {"problem": problem}
        accepted = inputs.config.get("expect_status")
        expected = ", ".join(map(str, accepted)) if accepted else _("200 to 299")
        lines = [f"{inputs.config.get('method', 'GET')} {url}"]
        lines.append("  " + _("expects %(statuses)s") % {"statuses": expected})
        if wait_s := inputs.config.get("wait_s"):
            lines.append("  " + _("repeated for up to %(s)g s") % {"s": wait_s})
        return "\n".join(lines)

    def start(self, context: Context) -> Result:
        if wait_s := context.config.get("wait_s"):
            return self._try(context, time.time() + min(float(wait_s), context.timeout_s))
        return self._once(context, longest_s=context.timeout_s)

    def poll(self, context: Context, external_id: str) -> Result:
        until = _until(external_id)
        return (
            Unknown(_("The id of this attempt can't be read."))
            if until is None
            else self._try(context, until)
        )

    def cancel(self, context: Context, external_id: str) -> Result:
        if _until(external_id) is not None and _is_safe(context):
            return Cancelled()
        return Unknown(_("The request may have been sent already; what was sent can't be called back."))

    def reconcile(self, context: Context, external_id: str | None) -> Result:
        if not config.is_repeatable(context.config):
            return Unknown(
                _("The request may have been sent; nothing on the far side can be asked about it.")
            )
        if external_id and _until(external_id) is not None:
            return self.poll(context, external_id)
        # Sent again on purpose: it changes nothing, or carries the same key, which the far side does once.
        return self.start(context)

    def _try(self, context: Context, until: float) -> Result:
        """Send the check once; what doesn't pass is tried again until the time is over."""
        result = self._once(context, longest_s=TRY_S)
        is_final = isinstance(result, Done) or (isinstance(result, Errored) and self._is_refused(context))
        if is_final:
            return result
        if time.time() < until:
            return Running(f"{_WAITING}{until:.3f}", min(TRY_S, max(until - time.time(), 0.1)))
        reason = getattr(result, "reason", "")
        named = {"s": context.config["wait_s"], "reason": reason}
        sentence = _("It did not pass within %(s)g s. %(reason)s") % named
        return Failed(sentence) if isinstance(result, Failed) or _is_safe(context) else Unknown(sentence)

    def _is_refused(self, context: Context) -> bool:
        """Say whether waiting can't help: the request itself is not allowed."""
        try:
            request = config.request_of(context, longest_s=TRY_S)
            self._use_guard().addresses(request.target.host, request.target.port, TRY_S)
        except outbound.Unreachable:
            return False
        except (config.Refused, outbound.Refused, template.TemplateError):
            return True
        return False

    def _once(self, context: Context, *, longest_s: float) -> Result:
        sink = RedactingSink(context.log, context.secrets)
        try:
            expected = config.expectation_of(context)
            request = config.request_of(context, longest_s=longest_s)
            sink.write(f"{request.method} {request.target.scheme}://{request.target.authority}\n".encode())
            answer = exchange.send(request, self._use_guard())
        except (config.Refused, outbound.Refused, outbound.Unreachable, template.TemplateError) as problem:
            return _logged(sink, Errored(str(problem)))
        except exchange.BrokenOff as problem:
            return _logged(sink, Failed(str(problem)) if _is_safe(context) else Unknown(str(problem)))
        _log_answer(sink, answer)
        return _logged(sink, _judged(context, expected, answer))

    def _use_guard(self) -> outbound.Guard:
        return self._guard or outbound.Guard.from_environment()


def _is_safe(context: Context) -> bool:
    return context.config.get("method", "GET") in config.SAFE_METHODS


def _judged(context: Context, expected: config.Expectation, answer: exchange.Answer) -> Result:
    reason = _status_problem(expected, answer) or _body_problem(expected, answer)
    if reason:
        return Failed(reason)
    return base.delivered(context, {"status": str(answer.status)})


def _status_problem(expected: config.Expectation, answer: exchange.Answer) -> str:
    if answer.status in expected.statuses:
        return ""
    said = _("The answer was %(status)d.") % {"status": answer.status}
    is_redirect = answer.status in (301, 302, 303, 307, 308)
    return f"{said} {_('Redirects are not followed.')}" if is_redirect else said


def _body_problem(expected: config.Expectation, answer: exchange.Answer) -> str:
    cut = "" if answer.is_whole else " " + _("Only its first 1 MB was read.")
    if expected.text.encode("utf-8", "replace") not in answer.body:
        return _("The answer does not contain the expected text.") + cut
    if not expected.fields:
        return ""
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        return _("The answer is not JSON.") + cut
    for path, text in expected.fields.items():
        if _as_text(_field(content, path)) != text:
            return _("The field “%(path)s” of the answer is not as expected.") % {"path": path}
    return ""


def _field(content: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(content, dict):
            content = content.get(part)
        elif isinstance(content, list) and part.isascii() and part.isdigit() and len(part) < 9:
            content = content[int(part)] if int(part) < len(content) else None
        else:
            return None
    return content


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def _log_answer(sink: RedactingSink, answer: exchange.Answer) -> None:
    size = _("more than 1 MB")
    if answer.is_whole:
        size = ngettext("%(n)d byte", "%(n)d bytes", len(answer.body)) % {"n": len(answer.body)}
    line = _("%(status)d after %(ms).0f ms, %(size)s")
    named = {"status": answer.status, "ms": answer.took_s * 1000, "size": size}
    sink.write(f"{line % named}\n".encode())
    if answer.body:
        sink.write(answer.body[:EXCERPT] + b"\n")


def _logged(sink: RedactingSink, result: Result) -> Result:
    if reason := getattr(result, "reason", ""):
        sink.write(f"{reason}\n".encode())
    sink.close()
    return result


def _until(external_id: str) -> float | None:
    if not external_id.startswith(_WAITING):
        return None
    try:
        return float(external_id.removeprefix(_WAITING))
    except ValueError:
        return None
