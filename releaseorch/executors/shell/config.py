"""What a shell step can be told, and how it becomes a command: checks that keep a value from becoming code."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from releaseorch.executors import template
from releaseorch.executors.base import Config, Inputs
from releaseorch.words import gettext as _
from releaseorch.words import gettext_noop

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["argv"],
    "properties": {
        "argv": {
            "title": gettext_noop("Program and arguments"),
            "description": gettext_noop(
                "One argument per line; ${name} is replaced inside an argument, which stays one argument."
            ),
            "type": "array",
            "minItems": 1,
            "maxItems": 500,
            "items": {"type": "string", "maxLength": 100_000},
        },
        "cwd": {
            "title": gettext_noop("Working folder"),
            "description": gettext_noop(
                "An absolute path on the worker's host. Empty: a new folder of this attempt."
            ),
            "type": "string",
            "maxLength": 4096,
        },
        "env": {
            "title": gettext_noop("Environment"),
            "description": gettext_noop(
                "Names that start with APP_, DEPLOY_ or PARAM_, or that the operator of the worker allows."
            ),
            "type": "object",
            "maxProperties": 200,
            "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
            "additionalProperties": {"type": "string", "maxLength": 100_000},
        },
        "grace_s": {
            "title": gettext_noop("Seconds between asking to stop and killing"),
            "type": "number",
            "minimum": 0,
            "maximum": 60,
        },
    },
}
CONNECTION_SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {name: SCHEMA["properties"][name] for name in ("cwd", "env")},
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
_PROGRAM_TEXT = gettext_noop(
    "Program text must not contain values, they could become commands: hand them over as further arguments."
)
_NO_PROGRAM = gettext_noop("The name of the program must not be empty or start with “-”.")


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
        raise Refused(_("A value of the environment holds a line break."))
    cwd = _folder(inputs)
    return Command(argv, cwd, env, float(inputs.config.get("grace_s", DEFAULT_GRACE_S)))


def problems(config: Config, surroundings: Mapping[str, str]) -> dict[str, str]:
    """Return what the schema can't say, as field → sentence."""
    found: dict[str, str] = {}
    argv: list[str] = list(config["argv"])
    if not argv[0] or argv[0].startswith("-"):
        found["argv.0"] = _(_NO_PROGRAM)
    for index in _program_texts(argv):
        if template.names(argv[index]):
            found[f"argv.{index}"] = _(_PROGRAM_TEXT)
    return found | variable_problems(config, surroundings)


def variable_problems(config: Config, surroundings: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that may not be set, as field → sentence."""
    found: dict[str, str] = {}
    for name in config.get("env", {}):
        if not (name.startswith(_OWN_PREFIXES) or name in _inherited(surroundings)):
            said = _("This variable is not allowed: start its name with %(prefixes)s.")
            found[f"env.{name}"] = said % {"prefixes": ", ".join(_OWN_PREFIXES)}
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
        raise Refused(_(_NO_PROGRAM))
    # Looked at again: the interpreter itself may have come from a value.
    if any(template.names(texts[index]) for index in _program_texts(argv)):
        raise Refused(_(_PROGRAM_TEXT))
    for text, argument in zip(texts[1:], argv[1:], strict=True):
        if text == "--":
            return
        if argument.startswith("-") and template.starts_with_value(text):
            raise Refused(_("A value starts with “-” and would be read as an option; put “--” before it."))


def _refuse_unusable(texts: Iterable[str]) -> None:
    for text in texts:
        if "\0" in text:
            raise Refused(_("A NUL character can't be handed to a program."))
        try:
            os.fsencode(text)
        except UnicodeEncodeError:
            raise Refused(_("A text holds characters that can't be handed to a program.")) from None


def _folder(inputs: Inputs) -> str | None:
    text = inputs.config.get("cwd", "")
    if not text:
        return None
    folder = template.render(text, inputs.parameters)
    _refuse_unusable([folder])
    if not Path(folder).is_absolute():
        raise Refused(_("The working folder must be an absolute path."))
    return folder
