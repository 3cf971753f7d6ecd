"""Who follows when a freeze is set, changed or lifted: the apps above register how they are told."""

from collections.abc import Callable

from releaseorch.core.actor import Actor
from releaseorch.environments.models import Freeze

# Told inside the verb's transaction, of the freeze as it is from now on.
Follower = Callable[[Actor, Freeze], None]
_followers: dict[str, Follower] = {}


def register(name: str, follower: Follower) -> None:
    _followers[name] = follower


def changed(actor: Actor, freeze: Freeze) -> None:
    for follower in _followers.values():
        follower(actor, freeze)
