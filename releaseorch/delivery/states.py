"""States of a deployment request (verb → sources, target), kinds of its items, verdicts of approvals."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from releaseorch.core.looks import Look, register
from releaseorch.core.transitions import Move, move


class RequestState(models.TextChoices):
    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted")
    SENT_BACK = "sent_back", _("sent back")
    APPROVED = "approved", _("approved")
    PLANNED = "planned", _("planned")
    DEPLOYING = "deploying", _("being deployed")
    DEPLOYED = "deployed", _("deployed")
    DEPLOYED_WITH_EXCEPTIONS = "deployed_with_exceptions", _("deployed with exceptions")
    FAILED = "failed", _("failed")
    REJECTED = "rejected", _("rejected")
    WITHDRAWN = "withdrawn", _("withdrawn")
    EXPIRED = "expired", _("expired")
    SUPERSEDED = "superseded", _("superseded")


class ItemKind(models.TextChoices):
    DEPLOY = "deploy", _("deploy")
    REDEPLOY = "redeploy", _("deploy again")
    REMOVE = "remove", _("remove")
    MANUAL = "manual", _("manual step")


class ItemPlacement(models.TextChoices):
    """Where a manual item stands to its anchor, or to the whole request when it has none."""

    BEFORE = "before", _("before")
    AFTER = "after", _("after")
    WITH = "with", _("along with")


class Verdict(models.TextChoices):
    APPROVED = "approved", _("approved")
    SENT_BACK = "sent_back", _("sent back")
    REJECTED = "rejected", _("rejected")


class EditKind(models.TextChoices):
    """How a person changed a computed plan."""

    ADD_STEP = "add_step", _("step added")
    REMOVE_STEP = "remove_step", _("step removed")
    MOVE_STEP = "move_step", _("step moved")
    ADD_LINK = "add_link", _("link added")
    REMOVE_LINK = "remove_link", _("link removed")
    EDIT_STEP = "edit_step", _("step edited")


class ChangeState(models.TextChoices):
    """How somebody else answered a step that was added to a run under way."""

    PROPOSED = "proposed", _("waits for approval")
    APPROVED = "approved", _("approved")
    DECLINED = "declined", _("declined")
    WITHDRAWN = "withdrawn", _("withdrawn")
    LAPSED = "lapsed", _("lapsed")


R, C = RequestState, ChangeState

REQUEST_EDITABLE = frozenset({R.DRAFT, R.SUBMITTED, R.SENT_BACK, R.APPROVED, R.PLANNED})
REQUEST_BEFORE_DEPLOYING = REQUEST_EDITABLE
REQUEST_OPEN = REQUEST_EDITABLE | {R.DEPLOYING, R.FAILED}
REQUEST_FINAL = frozenset(
    {R.DEPLOYED, R.DEPLOYED_WITH_EXCEPTIONS, R.REJECTED, R.WITHDRAWN, R.EXPIRED, R.SUPERSEDED}
)

REQUEST_MOVES: dict[str, Move] = {
    "submit": move(R.SUBMITTED, R.DRAFT, R.SENT_BACK),
    "approve": move(R.APPROVED, R.SUBMITTED),
    "send_back": move(R.SENT_BACK, R.SUBMITTED),
    "reopen": move(R.SUBMITTED, R.APPROVED, R.PLANNED),  # edited: the approvals fall
    "plan": move(R.PLANNED, R.APPROVED),
    "unplan": move(R.APPROVED, R.PLANNED),
    "deploy": move(R.DEPLOYING, R.PLANNED),
    "complete": move(R.DEPLOYED, R.DEPLOYING),
    "complete_with_exceptions": move(R.DEPLOYED_WITH_EXCEPTIONS, R.DEPLOYING),
    "fail": move(R.FAILED, R.DEPLOYING),
    "carry_over": move(R.APPROVED, R.DEPLOYING),  # nothing of it had started
    "retry": move(R.APPROVED, R.FAILED),
    "reject": move(R.REJECTED, *sorted(REQUEST_BEFORE_DEPLOYING - {R.DRAFT})),
    "withdraw": move(R.WITHDRAWN, *sorted(REQUEST_BEFORE_DEPLOYING), R.FAILED),
    "expire": move(R.EXPIRED, *sorted(REQUEST_BEFORE_DEPLOYING)),
    "supersede": move(R.SUPERSEDED, *sorted(REQUEST_BEFORE_DEPLOYING)),
}

CHANGE_MOVES: dict[str, Move] = {
    "approve": move(C.APPROVED, C.PROPOSED),
    "decline": move(C.DECLINED, C.PROPOSED),
    "withdraw": move(C.WITHDRAWN, C.PROPOSED),
    "lapse": move(C.LAPSED, C.PROPOSED),
}

register(
    ChangeState,
    {
        C.PROPOSED: Look(_("Waits for approval"), "person"),
        C.APPROVED: Look(_("Approved"), "approved"),
        C.DECLINED: Look(_("Declined"), "blocked"),
        C.WITHDRAWN: Look(_("Withdrawn"), "cancelled"),
        C.LAPSED: Look(_("Lapsed"), "cancelled"),
    },
)
register(
    RequestState,
    {
        R.DRAFT: Look(_("Draft"), "draft"),
        R.SUBMITTED: Look(_("In approval"), "person"),
        R.SENT_BACK: Look(_("Sent back"), "back"),
        R.APPROVED: Look(_("Approved"), "approved"),
        R.PLANNED: Look(_("In a run"), "scheduled"),
        R.DEPLOYING: Look(_("Being deployed"), "running"),
        R.DEPLOYED: Look(_("Deployed"), "succeeded"),
        R.DEPLOYED_WITH_EXCEPTIONS: Look(_("Deployed with exceptions"), "warn"),
        R.FAILED: Look(_("Failed"), "failed"),
        R.REJECTED: Look(_("Rejected"), "blocked"),
        R.WITHDRAWN: Look(_("Withdrawn"), "cancelled"),
        R.EXPIRED: Look(_("Expired"), "cancelled"),
        R.SUPERSEDED: Look(_("Superseded"), "skipped"),
    },
)
