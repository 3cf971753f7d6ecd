"""What people can be told: one word each, how it looks, what it is about, and how far it can be switched off."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from releaseorch.core.looks import Look, register

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Kind(models.TextChoices):
    APPROVAL_WANTED = "approval_wanted", _("Approval wanted")
    SENT_BACK = "sent_back", _("Came back")
    APPROVED = "approved", _("Approved")
    APPROVAL_LOST = "approval_lost", _("Approval lost")
    STEP_YOURS = "step_yours", _("A step is yours")
    STEP_FAILED = "step_failed", _("A step failed")
    RUN_SOON = "run_soon", _("Starts in an hour")
    RUN_STARTED = "run_started", _("Run started")
    DECISION = "decision", _("Needs a decision")
    ESCALATED = "escalated", _("Nobody has decided")
    RUN_ENDED = "run_ended", _("Run ended")
    FEATURE_TRY = "feature_try", _("Can be tried")
    FEATURE_LIVE = "feature_live", _("Is live")
    MAIL_LOST = "mail_lost", _("Mail not sent")
    PASSWORD_LINK = "password_link", _("Set your password")


class Channel(models.TextChoices):
    INBOX = "inbox", _("In the inbox")
    MAIL = "mail", _("By mail")


K = Kind

register(
    Kind,
    {
        K.APPROVAL_WANTED: Look(K.APPROVAL_WANTED.label, "person"),
        K.SENT_BACK: Look(K.SENT_BACK.label, "back"),
        K.APPROVED: Look(K.APPROVED.label, "approved"),
        K.APPROVAL_LOST: Look(K.APPROVAL_LOST.label, "changed"),
        K.STEP_YOURS: Look(K.STEP_YOURS.label, "person"),
        K.STEP_FAILED: Look(K.STEP_FAILED.label, "failed"),
        K.RUN_SOON: Look(K.RUN_SOON.label, "scheduled"),
        K.RUN_STARTED: Look(K.RUN_STARTED.label, "running"),
        K.DECISION: Look(K.DECISION.label, "decide"),
        K.ESCALATED: Look(K.ESCALATED.label, "decide"),
        K.RUN_ENDED: Look(K.RUN_ENDED.label, "succeeded"),
        K.FEATURE_TRY: Look(K.FEATURE_TRY.label, "ready"),
        K.FEATURE_LIVE: Look(K.FEATURE_LIVE.label, "ready"),
        K.MAIL_LOST: Look(K.MAIL_LOST.label, "warn"),
        K.PASSWORD_LINK: Look(K.PASSWORD_LINK.label, "person"),
    },
)


@dataclass(frozen=True)
class Told:
    """What a kind is about, for the page of the switches."""

    about: "StrOrPromise"
    whom: "StrOrPromise"
    can_leave_inbox: bool = True
    by_mail: bool = True
    has_switches: bool = True


KINDS: dict[Kind, Told] = {
    K.APPROVAL_WANTED: Told(
        _("A request or a run waits for an approval that you can give."), _("who may fill the slot")
    ),
    K.SENT_BACK: Told(
        _("Your request or your run was sent back or rejected, and why."), _("requester, filer, composer")
    ),
    K.APPROVED: Told(_("Your request or your run has all its approvals."), _("requester, filer, composer")),
    K.APPROVAL_LOST: Told(
        _("Your request or your run has to be approved again, and why."), _("requester, filer, composer")
    ),
    K.STEP_YOURS: Told(
        _("A step by hand can be taken, or was given to you."), _("who has it, else its team")
    ),
    K.STEP_FAILED: Told(
        _("A step of a run with your request, or of your team, failed."),
        _("the step’s team, requesters, composer"),
    ),
    K.RUN_SOON: Told(
        _("A run that concerns you starts within an hour."), _("the run’s people, teams with steps")
    ),
    K.RUN_STARTED: Told(_("A run that concerns you has started."), _("the run’s people")),
    K.DECISION: Told(
        _("A step, or a whole run, stands still until you or somebody like you decides."),
        _("who may decide"),
        can_leave_inbox=False,
    ),
    K.ESCALATED: Told(
        _("A decision waits longer than its procedure allows."),
        _("taker, then team, on-call, release managers"),
        can_leave_inbox=False,
    ),
    K.RUN_ENDED: Told(_("A run that concerns you has ended; what is live now."), _("the run’s people")),
    K.FEATURE_TRY: Told(_("All of your feature is in an environment for tests."), _("owner and tester")),
    K.FEATURE_LIVE: Told(_("All of your feature is live."), _("owner and tester")),
    K.MAIL_LOST: Told(
        _("Mail for you could not be sent for days."),
        _("whom it was for; of a link to set a password, administrators"),
        can_leave_inbox=False,
        by_mail=False,
    ),
    K.PASSWORD_LINK: Told(
        _("The link with which you set your password."),
        _("whom an administrator made it for"),
        has_switches=False,
    ),
}
# Never held back for a bundle: a run stands still for the person, or the person for the mail.
URGENT = frozenset({K.DECISION, K.ESCALATED, K.PASSWORD_LINK})


def can_be_switched(kind: Kind, channel: Channel) -> bool:
    if not KINDS[kind].has_switches:
        return False
    return KINDS[kind].can_leave_inbox if channel == Channel.INBOX else KINDS[kind].by_mail
