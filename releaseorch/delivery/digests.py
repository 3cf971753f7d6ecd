"""The digest of what a request would deploy; approvals are bound to it."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from releaseorch.delivery.models import DeploymentRequest, RequestItem


def content_digest(request: DeploymentRequest, items: Iterable[RequestItem] | None = None) -> str:
    """SHA-256 over application, environment and items in their order.

    Title, note, wish, release, features and expected durations are left out: changing them deploys nothing else.
    """
    lines = list(items) if items is not None else list(request.items.select_related("version"))
    places = {line.pk: place for place, line in enumerate(lines)}
    content = {
        "application": request.application_id,
        "environment": request.environment_id,
        "items": [_line(line, places) for line in lines],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _line(item: RequestItem, places: dict[int, int]) -> dict[str, Any]:
    return {
        "kind": str(item.kind),
        "component": item.component_id,
        "version": item.version_id,
        "artifact": [item.version.text, item.version.artifact_uri, item.version.digest]
        if item.version
        else None,
        "title": item.title,
        "instructions": item.instructions,
        "team": item.team_id,
        "placement": str(item.placement),
        "anchor": places.get(item.anchor_id) if item.anchor_id else None,
    }
