"""Filling `${name}` in a procedure's steps from component, version, environment and target."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from releaseorch.delivery.planning.inputs import EnvironmentIn, TargetIn
from releaseorch.delivery.planning.wishes import Wish
from releaseorch.executors import template

# `${step.output}` is known only when that step is over: it is filled when the step runs, the planner leaves it.
_OUTPUT = re.compile(r"(?<!\$)\$\{[A-Za-z_][A-Za-z0-9_-]*\.[A-Za-z0-9_.-]+\}")


def values_for(
    wish: Wish, environment: EnvironmentIn, target: TargetIn | None, from_version: str
) -> dict[str, str]:
    """Return the flat names a step may use; later ones win: environment, component, target, what is planned."""
    given = {
        **environment.parameters,
        **wish.component.parameters,
        **(target.facts if target else {}),
        "environment": environment.name,
        "application": wish.component.application_name,
        "component": wish.component.name,
        "from_version": from_version,
        **({"target": target.name} if target else {}),
        **_version_facts(wish),
    }
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}


class Rendering:
    """Renders one step's texts with one set of values; collects what is missing, malformed and used."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.missing: dict[str, None] = {}
        self.missing_for_people: dict[str, None] = {}
        self.problems: dict[str, None] = {}
        self.used: dict[str, str] = {}

    def text(self, text: str) -> str:
        """Return a text for people, filled in as far as possible."""
        if "${" not in text:
            return text
        try:
            return self._around_outputs(text, lambda filled: filled)
        except template.MissingParameter as missing:
            self.missing_for_people[missing.name] = None
        except template.TemplateError:
            # Instructions may quote a shell line: what is no name is left as somebody wrote it.
            pass
        return text

    def parameters(self, value: Any) -> Any:
        """Return the same structure with every string in it filled in; keys stay as they are.

        The result is a template again, in which only outputs of earlier steps are left: a value that looks like
        `${name}` is escaped, so that filling in the outputs later never looks into what a value contains.
        """
        if isinstance(value, str):
            return self._parameter(value)
        if isinstance(value, Mapping):
            return {key: self.parameters(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.parameters(inner) for inner in value]
        return value

    def _parameter(self, text: str) -> str:
        if "${" not in text:
            return text
        for name in template.names(text):
            if name in self._values:
                self.used[name] = self._values[name]
            elif not _OUTPUT.fullmatch(f"${{{name}}}"):
                self.missing[name] = None
        try:
            return self._around_outputs(text, lambda filled: filled.replace("${", "$${"))
        except template.MissingParameter:
            return text
        except template.TemplateError as error:
            self.problems[str(error)] = None
            return text

    def _around_outputs(self, text: str, finish: Callable[[str], str]) -> str:
        pieces, end = [], 0
        for output in _OUTPUT.finditer(text):
            pieces += [finish(template.render(text[end : output.start()], self._values)), output.group()]
            end = output.end()
        return "".join([*pieces, finish(template.render(text[end:], self._values))])


def _version_facts(wish: Wish) -> dict[str, str]:
    version = wish.version
    if version is None:
        return {}
    facts = {"artifact_uri": version.artifact_uri, "digest": version.digest, "commit": version.commit}
    # A fact the version doesn't have is missing, not empty: an empty artifact address would deploy nothing.
    return {"version": version.text, **{name: fact for name, fact in facts.items() if fact}}
