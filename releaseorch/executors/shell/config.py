"""What a shell step can be told, and how it becomes a command: checks that keep a value from becoming code."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from releaseorch.executors import template
from releaseorch.executors.base import Config, Inputs

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["argv"],
    "properties": {
        "argv": {
            "title": "Program and arguments",
            "description": "One argument per line; ${name} is replaced inside an argument, which stays one argument.",
            "type": "array",
            "minItems": 1,
            "maxItems": 500,
            "items": {"type": "string", "maxLength": 100_000},
        },
        "cwd": {
            "title": "Working folder",
            "description": "An absolute path on the worker's host. Empty: a new folder of this attempt.",
            "type": "string",
            "maxLength": 4096,
        },
        "env": {
            "title": "Environment",
            "description": "Names that start with APP_, DEPLOY_ or PARAM_, or that the operator of the worker allows.",
            "type": "object",
            "maxProperties": 200,
            "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
            "additionalProperties": {"type": "string", "maxLength": 100_000},
        },
        "grace_s": {
            "title": "Seconds between asking to stop and killing",
            "type": "number",
            "minimum": 0,
            "maximum": 60,
        },
    },
}
DEFAULT_GRACE_S = 5.0
ENV_ALLOW_VARIABLE = "RELEASEORCH_SHELL_ENV_ALLOW"
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")
_OWN_PREFIXES = ("APP_", "DEPLOY_", "PARAM_")
# Programs that read one of their arguments as program text, and the letter of the option before it.
_INTERPRETERS = {
    **dict.fromkeys(("sh", "bash", "dash", "ash", "zsh", "ksh", "fish", "python", "su"), "c"),
    **dict.fromkeys(("perl", "ruby", "node", "lua"), "e"),
}
_PROGRAM_TEXT = (
    "Program text must not contain values, they could become commands: hand them over as further arguments."
)


class Refused(ValueError):
    """The step can't be run as configured; the message is a sentence, nothing was done."""


@dataclass(frozen=True, slots=True)
class Command:
    """What is handed to the operating system."""

    argv: list[str]
    cwd: str | None
    env: dict[str, str]
    grace_s: float


def command_of(inputs: Inputs, surroundings: Mapping[str, str]) -> Command:
    """Render and check; raises Refused or TemplateError. `surroundings` is the worker's own environment."""
    texts: list[str] = list(inputs.config["argv"])
    for reason in problems(inputs.config, surroundings).values():
        raise Refused(reason)
    argv = [template.render(text, inputs.parameters) for text in texts]
    _refuse_values_as_code(texts, argv)
    env = {name: surroundings[name] for name in _inherited(surroundings) if name in surroundings}
    for name, text in inputs.config.get("env", {}).items():
        env[name] = template.render(text, inputs.parameters)
    _refuse_unusable([*argv, *env.values()])
    if any("\n" in value or "\r" in value for value in env.values()):
        raise Refused("A value of the environment holds a line break.")
    cwd = _folder(inputs)
    return Command(argv, cwd, env, float(inputs.config.get("grace_s", DEFAULT_GRACE_S)))


def problems(config: Config, surroundings: Mapping[str, str]) -> dict[str, str]:
    """Return what the schema can't say, as field → sentence."""
    found: dict[str, str] = {}
    argv: list[str] = list(config["argv"])
    if not argv[0] or argv[0].startswith("-"):
        found["argv.0"] = "The name of the program must not be empty or start with “-”."
    for index in _program_texts(argv):
        if template.names(argv[index]):
            found[f"argv.{index}"] = _PROGRAM_TEXT
    for name in config.get("env", {}):
        if not (name.startswith(_OWN_PREFIXES) or name in _inherited(surroundings)):
            found[f"env.{name}"] = (
                f"This variable is not allowed: start its name with {', '.join(_OWN_PREFIXES)}."
            )
    return found


def _inherited(surroundings: Mapping[str, str]) -> tuple[str, ...]:
    extra = surroundings.get(ENV_ALLOW_VARIABLE, "").split(",")
    return (*_INHERITED, *(name.strip() for name in extra if name.strip()))


def _program_texts(argv: list[str]) -> Iterable[int]:
    """Yield the index of each argument that some interpreter would run as a program."""
    letter = ""
    for index, text in enumerate(argv[:-1]):
        name = re.sub(r"[0-9.]+$", "", PurePath(text).name)
        letter = _INTERPRETERS.get(name, letter)
        is_option = text.startswith("-") and not text.startswith("--")
        if letter and is_option and letter in text[1:]:
            yield index + 1


def _refuse_values_as_code(texts: list[str], argv: list[str]) -> None:
    if argv[0].startswith("-") or not argv[0]:
        raise Refused("The name of the program must not be empty or start with “-”.")
    # Looked at again: the interpreter itself may have come from a value.
    if any(template.names(texts[index]) for index in _program_texts(argv)):
        raise Refused(_PROGRAM_TEXT)
    for text, argument in zip(texts[1:], argv[1:], strict=True):
        if text == "--":
            return
        if argument.startswith("-") and template.starts_with_value(text):
            raise Refused("A value starts with “-” and would be read as an option; put “--” before it.")


def _refuse_unusable(texts: Iterable[str]) -> None:
    for text in texts:
        if "\0" in text:
            raise Refused("A NUL character can't be handed to a program.")
        try:
            os.fsencode(text)
        except UnicodeEncodeError:
            raise Refused("A text holds characters that can't be handed to a program.") from None


def _folder(inputs: Inputs) -> str | None:
    text = inputs.config.get("cwd", "")
    if not text:
        return None
    folder = template.render(text, inputs.parameters)
    _refuse_unusable([folder])
    if not Path(folder).is_absolute():
        raise Refused("The working folder must be an absolute path.")
    return folder
