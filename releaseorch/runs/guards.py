"""What upper apps must agree to before a run starts, and while it runs: a run names those that it needs.

A guard is asked when the run starts. Some have bounds too: from such a moment on no new step of the run begins.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from releaseorch.runs.models import DeploymentRun
from releaseorch.waiting.models import Blocker


@dataclass(frozen=True)
class Bound:
    """From `at` on no new step of a run begins, until it is over or somebody lets the run finish."""

    at: datetime
    kind: Blocker
    name: str
    sentence: str


# Sentences that say why the run may not start; empty when it may. Called inside the transaction of the start.
Guard = Callable[[DeploymentRun], list[str]]
# Those that aren't over.
Bounds = Callable[[DeploymentRun], list[Bound]]
_guards: dict[str, Guard] = {}
_bounds: dict[str, Bounds] = {}


def register(name: str, guard: Guard, bounds: Bounds | None = None) -> None:
    _guards[name] = guard
    if bounds is not None:
        _bounds[name] = bounds


def reasons(run: DeploymentRun) -> list[str]:
    """Why this run may not start; a guard that it needs and nobody registered refuses."""
    found: list[str] = []
    for name in run.guards:
        guard = _guards.get(name)
        if guard is None:
            found.append(_("The check “%(name)s” that this run needs is not available.") % {"name": name})
        else:
            found.extend(guard(run))
    return found


def bounds(run: DeploymentRun) -> list[Bound]:
    """Those of the guards that this run needs, the earliest first."""
    found = [bound for name in run.guards if name in _bounds for bound in _bounds[name](run)]
    return sorted(found, key=lambda bound: bound.at)
