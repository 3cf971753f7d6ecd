"""Where a step of a plan comes from: which item of which request, by which rule."""

from typing import ClassVar

from django.db import models

from releaseorch.delivery.models.request import DeploymentRequest, RequestItem
from releaseorch.runs.models import Step


class StepOrigin(models.Model):
    """A step may have several origins: equal items of several requests are merged."""

    step = models.ForeignKey(Step, models.CASCADE, related_name="+")
    request = models.ForeignKey(DeploymentRequest, models.PROTECT, related_name="+")
    item = models.ForeignKey(RequestItem, models.SET_NULL, null=True, related_name="+")
    rule = models.CharField(max_length=300)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["step", "request", "item"], name="delivery_origin_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["request", "step"], name="delivery_origin_request")]

    def __str__(self) -> str:
        return f"step {self.step_id} from request {self.request_id}"
