"""When filing for a release closes at another time, what waits for approval is late or in time by the new one."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.core.actor import Actor
from releaseorch.delivery import request_moves
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.features import cut_offs
from releaseorch.features.models import Release

# Filed and not yet approved; a draft is judged when it is submitted, an approval stands.
JUDGED_ANEW = (RequestState.SUBMITTED, RequestState.SENT_BACK)


def register() -> None:
    cut_offs.register("lateness", follow)


def follow(actor: Actor, release: Release, filing: datetime | None) -> dict[str, int]:
    """Mark and unmark, one event per request; how many became late, and how many are in time now.

    A consent is given to a late request: it goes with the mark, and stays where the request is late as before.
    """
    closed = filing if filing is not None and filing < clock.now() else None
    with transaction.atomic():
        rows = list(
            DeploymentRequest.objects.select_for_update()
            .filter(release=release, state__in=JUDGED_ANEW, revision__gt=0)
            .order_by("pk")
        )
        filed = _filed_at([row.pk for row in rows])
        late = [row for row in rows if _is_late(row, filed, closed) and row.late_since is None]
        in_time = [row for row in rows if not _is_late(row, filed, closed) and row.late_since is not None]
        for row in late:
            _mark(actor, row, closed, "request.marked_late")
        for row in in_time:
            _mark(actor, row, None, "request.unmarked_late")
    return {"became_late": len(late), "became_in_time": len(in_time)}


def late_ones(release: Release) -> set[int]:
    """Those that are marked as late; one query."""
    rows = DeploymentRequest.objects.filter(release=release, late_since__isnull=False, state__in=JUDGED_ANEW)
    return set(rows.values_list("pk", flat=True))


def _is_late(row: DeploymentRequest, filed: dict[int, datetime], closed: datetime | None) -> bool:
    return closed is not None and filed.get(row.pk, row.submitted_at or row.created_at) > closed


def _filed_at(request_ids: Collection[int]) -> dict[int, datetime]:
    """When each was first submitted, or moved to its present release after that, as the audit has it; one query."""
    told = Event.objects.filter(
        Q(verb="request.submitted") | Q(verb="request.edited", before__has_key="release"),
        subject_kind="request", subject_id__in=request_ids,
    )  # fmt: skip
    found: dict[int, datetime] = {}
    for pk, verb, at in told.order_by("id").values_list("subject_id", "verb", "at"):
        if (verb == "request.edited") == (pk in found):
            found[pk] = at
    return found


def _mark(actor: Actor, row: DeploymentRequest, late_since: datetime | None, verb: str) -> None:
    before = {"late_since": row.late_since.isoformat() if row.late_since else ""}
    if row.late_consent_by is not None:
        before["let_in_by"] = row.late_consent_by.name
    row.late_since, row.late_consent_by = late_since, None
    request_moves.settle(
        actor=actor, request=row, verb=verb, before=before,
        after={"late_since": late_since.isoformat() if late_since else ""},
    )  # fmt: skip
