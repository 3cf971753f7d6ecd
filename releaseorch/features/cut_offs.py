"""Who follows when the cut-offs of a release move: the apps above register how they are told."""

from collections.abc import Callable
from datetime import datetime

from releaseorch.core.actor import Actor
from releaseorch.features.models import Release

# Given when filing closes from now on (None: never). Told inside the verb's transaction; what it returns, numbers by
# name, becomes part of the verb's event.
Follower = Callable[[Actor, Release, datetime | None], dict[str, int]]
_followers: dict[str, Follower] = {}


def register(name: str, follower: Follower) -> None:
    _followers[name] = follower


def moved(actor: Actor, release: Release, filing: datetime | None) -> dict[str, int]:
    found: dict[str, int] = {}
    for follower in _followers.values():
        found |= follower(actor, release, filing)
    return found
