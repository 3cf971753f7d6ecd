"""Which requests a step is for, and so who asked for it."""

from collections import defaultdict
from collections.abc import Collection

from releaseorch.delivery.models import DeploymentRequest, StepOrigin


def requests_behind(step_ids: Collection[int]) -> dict[int, list[DeploymentRequest]]:
    """Step id → its requests, each once, with requester and application; one query, none for no steps."""
    found: dict[int, list[DeploymentRequest]] = defaultdict(list)
    if not step_ids:
        return found
    rows = StepOrigin.objects.filter(step__in=step_ids).order_by("request_id")
    for row in rows.select_related("request__requester", "request__application"):
        if row.request not in found[row.step_id]:
            found[row.step_id].append(row.request)
    return found
