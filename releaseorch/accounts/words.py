"""What each permission lets people do, in words: `tests/accounts` holds that none is forgotten."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from releaseorch.accounts.policy import ROLES
from releaseorch.accounts.roles import Role

WORDS: dict[str, Any] = {
    "request.create": _("file requests"),
    "request.edit": _("change requests"),
    "request.submit": _("submit requests"),
    "request.withdraw": _("withdraw requests"),
    "request.comment": _("comment on requests"),
    "request.retry": _("try a failed request again in another run"),
    "request.approve": _("approve requests where a policy names them"),
    "request.send_back": _("send requests back"),
    "request.reject": _("reject requests"),
    "request.consent_late": _("let in what was filed late"),
    "run.create": _("compose runs"),
    "run.edit": _("edit plans"),
    "run.propose": _("propose runs"),
    "run.approve": _("approve runs where a policy names them"),
    "run.send_back": _("send runs back"),
    "run.reject": _("reject runs"),
    "run.unlock": _("unlock plans"),
    "run.schedule": _("schedule runs"),
    "run.start": _("start runs"),
    "run.pause": _("pause runs"),
    "run.resume": _("resume runs"),
    "run.limit": _("say how many steps of a run may be at work at once"),
    "run.finish": _("let runs finish after their window or in a freeze"),
    "run.stop": _("stop runs"),
    "run.cancel": _("cancel runs"),
    "run.take_out": _("take requests out of runs"),
    "run.comment": _("comment on runs"),
    "run.fix_forward": _("add steps to paused runs"),
    "run.approve_change": _("approve added steps where a policy names them"),
    "run.decline_change": _("decline added steps that they could approve"),
    "run.withdraw_change": _("take back steps they added"),
    "step.take": _("take steps"),
    "step.decide": _("decide on failed steps"),
    "step.reassign": _("reassign steps"),
    "inventory.confirm": _("say what is installed"),
    "feature.edit": _("change features and their statuses"),
    "feature.sign_off": _("sign features off"),
    "release.edit": _("make and change releases"),
    "reservation.create": _("reserve environments"),
    "reservation.extend": _("extend anybody's reservation"),
    "reservation.release": _("end anybody's reservation"),
    "freeze.create": _("set freezes"),
    "freeze.edit": _("change freezes"),
    "freeze.lift": _("lift freezes"),
    "hold.release": _("release the hold after a restore"),
    "application.edit": _("change applications and components"),
    "environment.edit": _("change environments, targets and connections"),
    "policy.edit": _("change policies"),
    "person.edit": _("make, change and deactivate people"),
    "team.edit": _("make, change and retire teams"),
    "role.grant": _("grant and revoke roles, never their own"),
    "tables.import": _("import tables"),
    "version.register": _("register versions"),
    "version.block": _("block versions"),
}


def may(role: Role) -> list[str]:
    """What the role lets people do, where a grant reaches."""
    return [str(WORDS.get(permission, permission)) for permission, roles in ROLES.items() if role in roles]
