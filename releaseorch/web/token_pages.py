"""API tokens on a page: one's own under My access, a robot's on its page for administrators."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from releaseorch.accounts import tokens
from releaseorch.accounts.models import Person, Token
from releaseorch.core import clock
from releaseorch.core.errors import Invalid
from releaseorch.web.verbs import Bounced

# A token that approves is not made here: whoever steals it would be a second person.
SCOPES = [
    ("read", gettext_lazy("Read")),
    ("inbox:write", gettext_lazy("Mark the inbox as read, choose what it tells")),
    ("versions:write", gettext_lazy("Register and block versions")),
    ("requests:write", gettext_lazy("File and change requests")),
    ("runs:write", gettext_lazy("Compose and steer runs")),
    ("steps:write", gettext_lazy("Take and finish steps")),
    ("settings:write", gettext_lazy("Change master data: applications, environments, teams")),
]
DAYS = 90
TOKENS_SHOWN = 100


def of(person: Person, me: Person, request: HttpRequest, bounced: Bounced | None = None) -> dict[str, Any]:
    """What the part of the page with the tokens of `person` needs; other people's are nobody's business."""
    if person != me and not person.is_robot:
        return {"tokens": None}
    back = bounced if bounced is not None and bounced.verb == "token" else None
    chosen = request.POST.getlist("scopes") if back else ["read"]
    return {
        "tokens": Token.objects.filter(person=person)[:TOKENS_SHOWN],
        "token_base": "/me" if person == me else f"/people/{person.pk}",
        "may_make": person.is_active and not tokens.why_not_for(me, person),
        "scopes": [(key, label, key in chosen) for key, label in SCOPES],
        "token_bounced": back,
        "days": back.values.get("days", "") if back else DAYS,
        "now": clock.now(),
    }


def create(request: HttpRequest, actor: Person, person: Person) -> tuple[Token, str]:
    """Make the token that the form asks for; raises `Invalid`, `NotAllowed`."""
    return tokens.create_token(
        actor=actor,
        person=person,
        name=request.POST.get("name", ""),
        scopes=_scopes(request),
        days=_days(request),
    )


def _scopes(request: HttpRequest) -> list[str]:
    chosen, offered = request.POST.getlist("scopes"), {key for key, _label in SCOPES}
    if not chosen:
        raise Invalid({"scopes": _("Choose what the token may do.")})
    if not set(chosen) <= offered:
        raise Invalid({"scopes": _("A token made here can't do that.")})
    return chosen


def _days(request: HttpRequest) -> int:
    text = request.POST.get("days", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        raise Invalid({"days": _("Give a number of days.")})
    return int(text)
