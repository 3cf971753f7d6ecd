"""What is done to a campaign: crash points that are ordered, and faults that are done from outside, in lanes.

The faults of a lane come one after the other, the lanes are worked off side by side.
"""

from tests.faults.campaign import host_faults, message_faults, process_faults, server_faults
from tests.faults.campaign.plant import Faults, Plant

# Each row of the crash table in docs/engine.md, by the role of who dies there.
CRASHES = (
    "web.request.approved.before-commit",
    "web.run.approved.before-commit",
    "web.run.started.before-commit",
    "web.run.started.after-commit",
    "web.before-publish",
    "web.before-answer",
    "worker.received",
    "worker.claim.before-commit",
    "worker.claim.after-commit",
    "worker.intent.after-commit",
    "worker.before-effect",
    "worker.in-effect",
    "worker.after-effect",
    "worker.finish.before-commit",
    "worker.finish.after-commit",
    "worker.before-publish",
    "housekeeper.finish.before-commit",
    "housekeeper.finish.after-commit",
    "housekeeper.seal.before-commit",
)
# What people do to each other, and steps that kill: nobody orders these. A step that kills whoever looks at it is tried
# four times, one of which another fault may be faster in; one that kills whoever carries it out, once.
BY_PEOPLE = (
    "two people approve",
    "two people start",
    "two people skip",
    "two people cancel",
    "run paused",
    "double click",
    "back button",
    "two overlapping runs",
)
BY_POISON = {"poison.check": 3, "poison.effect": 1}
ONCE = " down"  # what is away for long


def lanes(plant: Plant) -> list[Faults]:
    """Of what can be broken in this plant."""
    groups = (
        process_faults.of(plant),
        server_faults.of(plant),
        message_faults.of(plant),
        host_faults.of(plant),
    )
    return [group for group in groups if group]


def times(name: str, each: int) -> int:
    """How often it must hit; what takes everybody's time is done less often."""
    return min(each, 1) if name.endswith(ONCE) else each


def by_themselves(each: int) -> dict[str, int]:
    return {**dict.fromkeys(BY_PEOPLE, each), **BY_POISON}


def by_role() -> list[list[str]]:
    """The crash points of web, of workers and of housekeepers: who dies for one keeps nobody from another's."""
    roles = dict.fromkeys(name.partition(".")[0] for name in CRASHES)
    return [[name for name in CRASHES if name.startswith(f"{role}.")] for role in roles]
