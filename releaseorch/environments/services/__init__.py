"""The verbs of environments: places and what runs on them, who keeps what, and when nothing may start."""

from releaseorch.environments.services.connections import (
    create_connection,
    edit_connection,
    forget_connection_secret,
    remove_connection,
    set_connection_secret,
)
from releaseorch.environments.services.freezes import create_freeze, edit_freeze, lift_freeze
from releaseorch.environments.services.places import (
    create_environment,
    edit_environment,
    restore_environment,
    retire_environment,
)
from releaseorch.environments.services.reservations import (
    create_reservation,
    extend_reservation,
    release_reservation,
)
from releaseorch.environments.services.targets import (
    create_placement,
    create_target,
    edit_placement,
    edit_target,
    remove_placement,
    retire_target,
)

__all__ = [
    "create_connection",
    "create_environment",
    "create_freeze",
    "create_placement",
    "create_reservation",
    "create_target",
    "edit_connection",
    "edit_environment",
    "edit_freeze",
    "edit_placement",
    "edit_target",
    "extend_reservation",
    "forget_connection_secret",
    "lift_freeze",
    "release_reservation",
    "remove_connection",
    "remove_placement",
    "restore_environment",
    "retire_environment",
    "retire_target",
    "set_connection_secret",
]
