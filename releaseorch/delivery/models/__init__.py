"""Deployment requests, their items and features, approvals of requests and runs, and where steps come from."""

from releaseorch.delivery.models.approval import Approval
from releaseorch.delivery.models.edit import PlanEdit
from releaseorch.delivery.models.origin import StepOrigin
from releaseorch.delivery.models.plan_change import PlanChange
from releaseorch.delivery.models.request import DeploymentRequest, RequestComment, RequestFeature, RequestItem

__all__ = [
    "Approval",
    "DeploymentRequest",
    "PlanChange",
    "PlanEdit",
    "RequestComment",
    "RequestFeature",
    "RequestItem",
    "StepOrigin",
]
