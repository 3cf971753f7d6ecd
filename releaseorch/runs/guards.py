"""What upper apps must agree to before a run starts: they register guards by name, a run names those it needs."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from releaseorch.runs.models import DeploymentRun

# Sentences that say why the run may not start; empty when it may. Called inside the transaction of the start.
Guard = Callable[[DeploymentRun], list[str]]
_guards: dict[str, Guard] = {}


def register(name: str, guard: Guard) -> None:
    _guards[name] = guard


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
