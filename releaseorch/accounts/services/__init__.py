"""The verbs of people, teams, roles and passwords."""

from releaseorch.accounts.services.grants import EVERYWHERE, Reach, grant_role, revoke_role
from releaseorch.accounts.services.identities import Claim, log_in_by, unlink_person
from releaseorch.accounts.services.leaving import deactivate_person, reactivate_person
from releaseorch.accounts.services.passwords import change_password, reset_password, set_password
from releaseorch.accounts.services.people import create_person, edit_person
from releaseorch.accounts.services.second_factor import (
    begin_second_factor,
    confirm_second_factor,
    remove_second_factor,
    renew_recovery_codes,
    reset_second_factor,
)
from releaseorch.accounts.services.teams import (
    add_member,
    create_team,
    edit_team,
    remove_member,
    retire_team,
)

__all__ = [
    "EVERYWHERE",
    "Claim",
    "Reach",
    "add_member",
    "begin_second_factor",
    "change_password",
    "confirm_second_factor",
    "create_person",
    "create_team",
    "deactivate_person",
    "edit_person",
    "edit_team",
    "grant_role",
    "log_in_by",
    "reactivate_person",
    "remove_member",
    "remove_second_factor",
    "renew_recovery_codes",
    "reset_password",
    "reset_second_factor",
    "retire_team",
    "revoke_role",
    "set_password",
    "unlink_person",
]
