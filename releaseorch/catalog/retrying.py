"""When a machine tries a step again by itself: how often, how long it waits, after which outcomes."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from releaseorch.catalog.states import EffectClass
from releaseorch.executors import registry

MOST_TIMES = 10
LONGEST_WAIT_S = 24 * 3600
FAILED, COULD_NOT_RUN = "failed", "could_not_run"


def _seconds(title: str, default: int) -> dict[str, Any]:
    return {
        "title": title, "type": "integer", "minimum": 1, "maximum": LONGEST_WAIT_S, "default": default,
    }  # fmt: skip


SCHEMA: dict[str, Any] = {
    "title": gettext_noop("How often a machine tries it again: times, wait_s, at_most_s, when"),
    "type": "object",
    "additionalProperties": False,
    "required": ["times"],
    "properties": {
        "times": {"title": gettext_noop("How often"), "type": "integer", "minimum": 1, "maximum": MOST_TIMES},
        "wait_s": _seconds(gettext_noop("Seconds before the first time; doubled each time"), 10),
        "at_most_s": _seconds(gettext_noop("Seconds it waits at most"), 600),
        "when": {
            "title": gettext_noop("After which outcomes: failed (and could not be run), or only could_not_run"),
            "enum": [FAILED, COULD_NOT_RUN], "default": FAILED,
        },
    },
}  # fmt: skip


@dataclass(frozen=True)
class RetryPolicy:
    """As a procedure says it and a run keeps it."""

    times: int
    wait_s: int = SCHEMA["properties"]["wait_s"]["default"]
    at_most_s: int = SCHEMA["properties"]["at_most_s"]["default"]
    when: str = FAILED

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> "RetryPolicy | None":
        return cls(**kept) if kept else None

    def longest_s(self, number: int) -> float:
        """The pause before the retry of this number, from 1 on, without jitter: doubled each time, and capped."""
        return float(min(self.at_most_s, self.wait_s * 2 ** (number - 1)))

    def pause_s(self, number: int, draw: Callable[[], float] = random.random) -> float:
        """Half of it at least: what failed at the same moment is not tried again at the same moment."""
        return self.longest_s(number) * (1 + draw()) / 2


def class_of(effect_class: str, tool: str, parameters: Mapping[str, Any]) -> str:
    """What the procedure declares; where it leaves that open, what the tool guarantees with these parameters."""
    if effect_class != EffectClass.UNSAFE:
        return effect_class
    try:
        return registry.get(tool).effect_class_of(parameters)
    except registry.UnknownKind:
        return EffectClass.UNSAFE.value


def why_not(policy: RetryPolicy, effect_class: str, tool: str, parameters: Mapping[str, Any]) -> str:
    """Why no machine may do as this policy says; empty when it may."""
    if not tool:
        return _("it is done by hand")
    if policy.at_most_s < policy.wait_s:
        return _("it would wait longer than at most")
    is_unsafe = class_of(effect_class, tool, parameters) == EffectClass.UNSAFE
    if is_unsafe and policy.when == FAILED:
        return _(
            "nobody said that it is safe to repeat. Declare its effect class, or let it be tried again only "
            "when it could not be run (when: could_not_run)"
        )
    return ""
