"""Which kinds of executors exist: the built-in ones by name, others by the entry-point group."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from inspect import isabstract

from releaseorch.executors.base import Executor
from releaseorch.executors.http.executor import HttpExecutor
from releaseorch.executors.shell.executor import ShellExecutor
from releaseorch.words import gettext as _

ENTRY_POINTS = "releaseorch.executors"
BUILT_IN: tuple[type[Executor], ...] = (ShellExecutor, HttpExecutor)
_log = logging.getLogger(__name__)


class UnknownKind(LookupError):
    """No executor of this kind is installed here."""

    def __init__(self, kind: str) -> None:
        super().__init__(_("There is no executor of the kind “%(kind)s” here.") % {"kind": kind})
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Found:
    """The usable executors by kind, and why each other plug-in could not be used."""

    executors: Mapping[str, Executor]
    problems: Mapping[str, str] = field(default_factory=dict)


def get(kind: str) -> Executor:
    """Return the executor of a kind, one instance for the process; raises UnknownKind."""
    try:
        return found().executors[kind]
    except KeyError:
        raise UnknownKind(kind) from None


def kinds() -> list[str]:
    """Return all usable kinds, sorted."""
    return sorted(found().executors)


def problems() -> Mapping[str, str]:
    """Return plug-in name → why it can't be used, for the health page."""
    return found().problems


@cache
def found() -> Found:
    """Load once per process what is installed."""
    return load(metadata.entry_points(group=ENTRY_POINTS))


def load(entry_points: Iterable[metadata.EntryPoint]) -> Found:
    """Put the built-in kinds first; a plug-in that can't be loaded is reported and harms no other."""
    executors: dict[str, Executor] = {kind.kind: kind() for kind in BUILT_IN}
    broken: dict[str, str] = {}
    for entry_point in entry_points:
        try:
            executor = _loaded(entry_point)
            if executor.kind in executors:
                raise ValueError(f"the kind “{executor.kind}” exists already")
        except Exception as problem:  # whatever a stranger's module raises while it is imported
            broken[entry_point.name] = f"{type(problem).__name__}: {problem}"
            _log.warning("The executor plug-in %s can't be used: %s", entry_point.name, problem)
        else:
            executors[executor.kind] = executor
    return Found(executors, broken)


def _loaded(entry_point: metadata.EntryPoint) -> Executor:
    kind = entry_point.load()
    if not (isinstance(kind, type) and issubclass(kind, Executor)) or isabstract(kind):
        raise TypeError(f"{entry_point.value} is not a complete subclass of Executor")
    for name in ("kind", "label", "config_schema"):
        if not getattr(kind, name, None):
            raise TypeError(f"{entry_point.value} has no {name}")
    return kind()
