"""The verbs of deployment requests and of composing runs, one module each."""

from releaseorch.delivery.services.approve_request import approve_request
from releaseorch.delivery.services.comment_request import comment_request
from releaseorch.delivery.services.create_request import create_request, create_requests
from releaseorch.delivery.services.edit_request import add_item, edit_request, move_item, remove_item
from releaseorch.delivery.services.retry_request import retry_request
from releaseorch.delivery.services.send_back_request import reject_request, send_back_request
from releaseorch.delivery.services.submit_request import submit_request
from releaseorch.delivery.services.withdraw_request import withdraw_request

__all__ = [
    "add_item",
    "approve_request",
    "comment_request",
    "create_request",
    "create_requests",
    "edit_request",
    "move_item",
    "reject_request",
    "remove_item",
    "retry_request",
    "send_back_request",
    "submit_request",
    "withdraw_request",
]
