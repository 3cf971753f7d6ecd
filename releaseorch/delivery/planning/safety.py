"""What filling in parameters would hide from a tool: values inside program text, values read as options."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from releaseorch.executors import registry, template
from releaseorch.words import gettext as _


def hidden_problems(executor: str, config: Mapping[str, Any], filled: Mapping[str, Any]) -> Iterator[str]:
    """Yield sentences about the configuration that can't be seen any more once it is filled in.

    A tool checks its configuration again before it runs; by then `sh -c "rm ${path}"` looks like a fixed text.
    What is wrong with the filled-in configuration as well is left to that check.
    """
    before = _problems(executor, json.dumps(config, sort_keys=True))
    if before:
        after = _problems(executor, json.dumps(filled, sort_keys=True))
        yield from (f"{field}: {reason}" for field, reason in sorted(before.items()) if field not in after)
    yield from _options(config, filled)


@lru_cache(maxsize=1024)
def _problems(executor: str, config: str) -> dict[str, str]:
    try:
        return registry.get(executor).validate(json.loads(config))
    except registry.UnknownKind:
        return {}


def _options(config: Any, filled: Any) -> Iterator[str]:
    if isinstance(config, Mapping):
        for key, inner in config.items():
            yield from _options(inner, filled[key])
    elif isinstance(config, list | tuple):
        yield from _options_in_list(config, filled)


def _options_in_list(config: Sequence[Any], filled: Sequence[Any]) -> Iterator[str]:
    may_be_option = True
    for text, value in zip(config, filled, strict=True):
        may_be_option = may_be_option and text != "--"
        if not isinstance(text, str):
            yield from _options(text, value)
        elif may_be_option and value.startswith("-") and template.starts_with_value(text):
            said = _(
                "the value of %(text)s starts with “-” and would be read as an option; put “--” before it"
            )
            yield said % {"text": text}
