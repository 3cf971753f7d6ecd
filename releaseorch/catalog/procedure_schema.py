"""The published form of a procedure: JSON Schema for editors, and what a text is checked against first."""

from collections.abc import Iterable
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from releaseorch.catalog import deciding, retrying
from releaseorch.catalog.states import Downtime, EffectClass, Phase, Reversible, StepKind
from releaseorch.executors import registry

LONGEST_S = 7 * 24 * 3600
MOST_STEPS = 200
KEY = r"^[-a-zA-Z0-9_]+$"


def _one_of(choices: type[TextChoices], title: str, default: str) -> dict[str, Any]:
    return {"title": title, "enum": list(choices.values), "default": str(default)}


def _seconds(title: str, default: int | None = None, least: int = 0) -> dict[str, Any]:
    said = {"title": title, "type": "integer", "minimum": least, "maximum": LONGEST_S}
    return said if default is None else {**said, "default": default}


STEP: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["key", "title"],
    "properties": {
        "key": {
            "title": gettext_noop("Short name, once in the procedure"),
            "type": "string", "pattern": KEY, "minLength": 1, "maxLength": 60,
        },
        "title": {
            "title": gettext_noop("What is done; ${component}, ${version} and other values may stand in it"),
            "type": "string", "minLength": 1, "maxLength": 200,
        },
        "phase": _one_of(Phase, gettext_noop("Where it stands among the steps of other components"), Phase.DEPLOY),
        "kind": _one_of(StepKind, gettext_noop("By a tool or by hand"), StepKind.AUTOMATED),
        "executor": {"title": gettext_noop("The tool"), "type": "string", "maxLength": 40},
        "connection": {
            "title": gettext_noop("Name of the connection it uses; each environment has its own"),
            "type": "string", "maxLength": 100,
        },
        "parameters": {"title": gettext_noop("What the tool is told; texts may hold ${name}"), "type": "object"},
        "instructions": {
            "title": gettext_noop("What a person does, line by line"), "type": "string", "maxLength": 10_000,
        },
        "after": {
            "title": gettext_noop("Keys of steps before it that it waits for"),
            "type": "array", "uniqueItems": True, "maxItems": MOST_STEPS, "items": {"type": "string"},
        },
        "team": {
            "title": gettext_noop("Short name of the team that does it; left out, that of the application"),
            "type": "string", "maxLength": 100,
        },
        "per_target": {"title": gettext_noop("Once on each target"), "type": "boolean", "default": False},
        "installs": {
            "title": gettext_noop("After it the version is there"), "type": "boolean", "default": False,
        },
        "effect_class": _one_of(
            EffectClass, gettext_noop("What may be repeated when nobody knows how it ended: A safe … D unsafe"),
            EffectClass.UNSAFE,
        ),
        "reversible": _one_of(Reversible, gettext_noop("Whether it can be taken back"), Reversible.YES),
        "downtime": _one_of(Downtime, gettext_noop("What it does to its users"), Downtime.NONE),
        "timeout_s": _seconds(gettext_noop("Seconds until it is stopped"), 1800, 1),
        "silence_s": _seconds(gettext_noop("Seconds without a word until it is stopped"), None, 1),
        "decide_within_s": _seconds(
            gettext_noop("Seconds that a decision on it may take; then it goes up to the next"), None, 60
        ),
        "expected_s": _seconds(gettext_noop("Seconds it is expected to take"), 60),
        "retry": retrying.SCHEMA,
        "decisions": deciding.SCHEMA,
    },
}  # fmt: skip
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": gettext_noop("Procedure"),
    "description": gettext_noop("How components of a kind are deployed: steps in their order."),
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "steps"],
    "properties": {
        "name": {"title": gettext_noop("Name"), "type": "string", "minLength": 1, "maxLength": 200},
        "steps": {
            "title": gettext_noop("Steps"), "type": "array", "minItems": 1, "maxItems": MOST_STEPS, "items": STEP,
        },
    },
}  # fmt: skip


def fields_of_a_step() -> list[tuple[str, str, list[str]]]:
    """Name, what it is for, and its values where only some are taken."""
    return [(name, _(said["title"]), said.get("enum", [])) for name, said in STEP["properties"].items()]


def published(address: str) -> dict[str, Any]:
    """The schema as editors take it: with its address, and with what each tool that is installed here can be told."""
    step = {**STEP, "allOf": list(_tools())}
    properties = {**SCHEMA["properties"], "steps": {**SCHEMA["properties"]["steps"], "items": step}}
    return {**SCHEMA, "$id": address, "properties": properties}


def _tools() -> Iterable[dict[str, Any]]:
    for kind in registry.kinds():
        yield {
            "if": {"required": ["executor"], "properties": {"executor": {"const": kind}}},
            "then": {"properties": {"parameters": dict(registry.get(kind).config_schema)}},
        }
