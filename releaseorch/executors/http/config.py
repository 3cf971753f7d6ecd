"""What an http step can be told, and how it becomes a request."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from releaseorch.executors import outbound, template
from releaseorch.executors.base import Config, Context
from releaseorch.words import gettext as _
from releaseorch.words import gettext_noop

SAFE_METHODS = frozenset({"GET", "HEAD"})
_HEADER_NAME = "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$"
_OURS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "expect", "te", "upgrade", "trailer"}
)
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["url"],
    "properties": {
        "method": {
            "title": gettext_noop("Method"),
            "enum": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            "default": "GET",
        },
        "url": {"title": gettext_noop("Address"), "type": "string", "minLength": 1, "maxLength": 4096},
        "headers": {
            "title": gettext_noop("Headers"),
            "type": "object",
            "maxProperties": 50,
            "propertyNames": {"pattern": _HEADER_NAME},
            "additionalProperties": {"type": "string", "maxLength": 8192},
        },
        "secret_headers": {
            "title": gettext_noop("Headers that carry a secret"),
            "description": gettext_noop(
                "Header name → name of the secret and the text before it, such as “Bearer ”."
            ),
            "type": "object",
            "maxProperties": 10,
            "propertyNames": {"pattern": _HEADER_NAME},
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "required": ["secret"],
                "properties": {
                    "secret": {"title": gettext_noop("Name of the secret"), "type": "string", "minLength": 1},
                    "prefix": {"title": gettext_noop("Text before it"), "type": "string", "maxLength": 100},
                },
            },
        },
        "json": {"title": gettext_noop("Body as JSON"), "type": ["object", "array"]},
        "text": {"title": gettext_noop("Body as text"), "type": "string", "maxLength": 1_000_000},
        "expect_status": {
            "title": gettext_noop("Accepted status codes"),
            "description": gettext_noop("Empty: 200 to 299."),
            "type": "array",
            "maxItems": 50,
            "items": {"type": "integer", "minimum": 200, "maximum": 599},
        },
        "expect_text": {"title": gettext_noop("The answer contains"), "type": "string", "maxLength": 10_000},
        "expect_json": {
            "title": gettext_noop("The answer has these JSON fields"),
            "description": gettext_noop("Path with dots → value, compared as text."),
            "type": "object",
            "maxProperties": 50,
            "additionalProperties": {"type": "string", "maxLength": 10_000},
        },
        "timeout_s": {
            "title": gettext_noop("Seconds to wait for the answer"),
            "type": "number",
            "minimum": 0.1,
            "maximum": 60,
        },
        "wait_s": {
            "title": gettext_noop("Seconds to go on trying"),
            "description": gettext_noop("For health checks: repeated until it passes or the time is over."),
            "type": "number",
            "minimum": 0,
            "maximum": 86_400,
        },
        "idempotency_header": {
            "title": gettext_noop("Header for the id of the attempt"),
            "description": gettext_noop("Only when the far side promises to do the same key once."),
            "type": "string",
            "pattern": _HEADER_NAME,
        },
    },
}


class Refused(ValueError):
    """The request can't be made as configured; the message is a sentence, nothing was sent."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, and where."""

    method: str
    target: outbound.Target
    headers: Mapping[str, str]
    body: bytes
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the answer must be; an empty text expects nothing."""

    statuses: Collection[int]
    text: str
    fields: Mapping[str, str]


def problems(config: Config) -> dict[str, str]:
    """Return what the schema can't say, as field → sentence."""
    found: dict[str, str] = {}
    if "json" in config and "text" in config:
        found["text"] = _("Give the body as JSON or as text, not both.")
    named = [
        (f"{field}.{name}", name) for field in ("headers", "secret_headers") for name in config.get(field, {})
    ]
    for field, name in [*named, ("idempotency_header", config.get("idempotency_header", ""))]:
        if name.lower() in _OURS:
            found[field] = _("This header is set by the program itself.")
    if config.get("wait_s") and not is_repeatable(config):
        found["wait_s"] = _(
            "Only GET, HEAD or a request with a header for the id of the attempt may be repeated."
        )
    if "{" not in config["url"]:
        try:
            outbound.parse(config["url"])
        except outbound.Refused as problem:
            found["url"] = str(problem)
    return found


def is_repeatable(config: Config) -> bool:
    """Say whether sending it twice has no second effect."""
    return config.get("method", "GET") in SAFE_METHODS or bool(config.get("idempotency_header"))


def request_of(context: Context, *, longest_s: float) -> Request:
    """Render and check; raises Refused, outbound.Refused or TemplateError."""
    for reason in problems(context.config).values():
        raise Refused(reason)
    config = context.config
    method = config.get("method", "GET")
    body, content_type = _body(context)
    headers = {"Accept": "*/*", "User-Agent": "releaseorch", "Connection": "close"}
    if content_type:
        headers["Content-Type"] = content_type
    own = {
        name: template.render(text, context.parameters) for name, text in config.get("headers", {}).items()
    }
    headers = _merged(headers, own | _secret_headers(context))
    if name := config.get("idempotency_header"):
        headers = _merged(headers, {name: context.attempt_id})
    if body or method not in SAFE_METHODS:
        headers["Content-Length"] = str(len(body))
    if not all(_HEADER_VALUE.fullmatch(value) for value in headers.values()):
        raise Refused(_("The value of a header holds a character that is not allowed there."))
    target = outbound.parse(template.render(config["url"], context.parameters))
    timeout_s = min(float(config.get("timeout_s", 10.0)), context.timeout_s, longest_s)
    return Request(method, target, {"Host": target.authority, **headers}, body, timeout_s)


def expectation_of(context: Context) -> Expectation:
    """Render before anything is sent; raises TemplateError."""
    text = template.render(context.config.get("expect_text", ""), context.parameters)
    fields = template.render_tree(context.config.get("expect_json", {}), context.parameters)
    return Expectation(context.config.get("expect_status") or range(200, 300), text, fields)


def _body(context: Context) -> tuple[bytes, str]:
    if "json" in context.config:
        tree = template.render_tree(context.config["json"], context.parameters)
        return json.dumps(tree, allow_nan=False).encode(), "application/json"
    if "text" in context.config:
        text = template.render(context.config["text"], context.parameters)
        return text.encode("utf-8", "replace"), "text/plain; charset=utf-8"
    return b"", ""


def _secret_headers(context: Context) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, source in context.config.get("secret_headers", {}).items():
        if source["secret"] not in context.secrets:
            raise Refused(_("The secret “%(name)s” was not handed over.") % {"name": source["secret"]})
        value = context.secrets[source["secret"]].strip().decode("latin-1")
        found[name] = source.get("prefix", "") + value
    return found


def _merged(headers: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Join headers without ever sending a name twice in two spellings."""
    taken = {name.lower() for name in more}
    return {name: value for name, value in headers.items() if name.lower() not in taken} | dict(more)
