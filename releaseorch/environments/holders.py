"""What in the apps above keeps a target from being retired: each app registers how it is asked."""

from collections.abc import Callable

from releaseorch.environments.models import Target

# Sentences that name what counts on the target; empty when nothing does. Asked inside the verb's transaction.
Holder = Callable[[Target], list[str]]
_holders: dict[str, Holder] = {}


def register(name: str, holder: Holder) -> None:
    _holders[name] = holder


def sentences(target: Target) -> list[str]:
    return [sentence for holder in _holders.values() for sentence in holder(target)]
