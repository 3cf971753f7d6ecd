"""The verbs of deployment requests and of composing runs, one module each."""

from releaseorch.delivery.services.add_request import add_request
from releaseorch.delivery.services.approve_request import approve_request
from releaseorch.delivery.services.approve_requests import SomeRefused, approve_requests
from releaseorch.delivery.services.approve_run import approve_run
from releaseorch.delivery.services.cancel_run import cancel_run
from releaseorch.delivery.services.comment_request import comment_request
from releaseorch.delivery.services.compose_run import compose_run
from releaseorch.delivery.services.consent_late_request import consent_late_request
from releaseorch.delivery.services.create_request import create_request, create_requests
from releaseorch.delivery.services.decide_change import approve_change, decline_change, withdraw_change
from releaseorch.delivery.services.edit_plan import (
    add_link,
    add_step,
    edit_step,
    move_step,
    remove_link,
    remove_step,
)
from releaseorch.delivery.services.edit_request import add_item, edit_request, move_item, remove_item
from releaseorch.delivery.services.edit_run import edit_run
from releaseorch.delivery.services.fix_run_forward import fix_run_forward
from releaseorch.delivery.services.propose_run import propose_run
from releaseorch.delivery.services.reject_run import reject_run
from releaseorch.delivery.services.replan_run import replan_run
from releaseorch.delivery.services.retry_request import retry_request
from releaseorch.delivery.services.schedule_run import schedule_run
from releaseorch.delivery.services.send_back_request import reject_request, send_back_request
from releaseorch.delivery.services.send_back_run import send_back_run
from releaseorch.delivery.services.submit_request import submit_request
from releaseorch.delivery.services.take_out_request import take_out_request
from releaseorch.delivery.services.unlock_run import unlock_run
from releaseorch.delivery.services.withdraw_request import withdraw_request

__all__ = [
    "SomeRefused",
    "add_item",
    "add_link",
    "add_request",
    "add_step",
    "approve_change",
    "approve_request",
    "approve_requests",
    "approve_run",
    "cancel_run",
    "comment_request",
    "compose_run",
    "consent_late_request",
    "create_request",
    "create_requests",
    "decline_change",
    "edit_request",
    "edit_run",
    "edit_step",
    "fix_run_forward",
    "move_item",
    "move_step",
    "propose_run",
    "reject_request",
    "reject_run",
    "remove_item",
    "remove_link",
    "remove_step",
    "replan_run",
    "retry_request",
    "schedule_run",
    "send_back_request",
    "send_back_run",
    "submit_request",
    "take_out_request",
    "unlock_run",
    "withdraw_change",
    "withdraw_request",
]
