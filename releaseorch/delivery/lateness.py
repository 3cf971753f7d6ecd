"""Filed after filing closed: possible, marked, and let in by a release manager before anybody approves it.

The mark goes when the cut-off moves behind the filing before anybody has approved it: `moved_cut_offs`.
"""

from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from releaseorch.core import clock
from releaseorch.core.errors import Invalid
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.features.models import ReleaseMilestone
from releaseorch.features.states import MilestoneKind

REQUEST_APPROVED = frozenset({RequestState.APPROVED, RequestState.PLANNED})


def mark(request: DeploymentRequest) -> None:
    """Keep which cut-off was over when it was filed for this release; the caller saves it. One query."""
    request.late_since, request.late_consent_by = _filing_that_is_over(request), None


def mark_moved(request: DeploymentRequest) -> None:
    """The same when a filed request is moved to another release; raises `Invalid` where its approvals would stay."""
    closed = _filing_that_is_over(request)
    if closed is not None and request.state in REQUEST_APPROVED:
        said = {"release": request.release}
        raise Invalid(
            {
                "release": _("Filing for %(release)s is over. Withdraw it and file it anew, to be let in.")
                % said
            }
        )
    if request.revision:
        request.late_since, request.late_consent_by = closed, None


def needs_consent(request: DeploymentRequest) -> bool:
    return request.late_since is not None and request.late_consent_by_id is None


def sentences(request: DeploymentRequest) -> list[str]:
    """Why it isn't approved before a release manager has let it in; empty when nothing is in the way."""
    if not needs_consent(request):
        return []
    said = {"what": sentence(request.late_since)}
    return [_("%(what)s A release manager lets it in first, with a reason.") % said]


def sentence(late_since: datetime | None) -> str:
    if late_since is None:
        return ""
    at = localtime(late_since).strftime("%Y-%m-%d %H:%M")
    return _("It was filed late: filing closed at %(at)s.") % {"at": at}


def _filing_that_is_over(request: DeploymentRequest) -> datetime | None:
    if request.release_id is None:
        return None
    filing = ReleaseMilestone.objects.filter(release=request.release_id, kind=MilestoneKind.FILING).first()
    return filing.at if filing is not None and filing.at < clock.now() else None
