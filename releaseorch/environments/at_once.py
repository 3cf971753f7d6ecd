"""Who follows when another number of steps may run at once somewhere: the apps above register how they do."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from django.db import transaction

# Entered within the verb's transaction before anything of the environment is locked, left when the change is written.
Follower = Callable[[int], AbstractContextManager[None]]
_followers: dict[str, Follower] = {}


def register(name: str, follower: Follower) -> None:
    _followers[name] = follower


@contextmanager
def following(environment_id: int, is_limit: bool) -> Iterator[None]:
    """A transaction around what is written of an environment, of a target or of a connection there."""
    with transaction.atomic(), ExitStack() as around:
        if is_limit:
            for follower in _followers.values():
                around.enter_context(follower(environment_id))
        yield
