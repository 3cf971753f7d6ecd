"""What I may do here, my API tokens, and where I am logged in."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from releaseorch.accounts import policy, tokens
from releaseorch.accounts.models import Team, Token
from releaseorch.core import clock
from releaseorch.core.errors import Invalid
from releaseorch.web import sessions
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.http import bounced, perform, render_page, see_other
from releaseorch.web.verbs import Bounced

# A token that approves is not made here: whoever steals it would be a second person.
SCOPES = [
    ("read", gettext_lazy("Read")),
    ("versions:write", gettext_lazy("Register and block versions")),
    ("requests:write", gettext_lazy("File and change requests")),
    ("runs:write", gettext_lazy("Compose and steer runs")),
    ("steps:write", gettext_lazy("Take and finish steps")),
]
DAYS = 90
TOKENS_SHOWN = 100


@require_safe
def me(request: HttpRequest) -> HttpResponse:
    return _page(request)


@require_POST
def create_token(request: HttpRequest) -> HttpResponse:
    """The answer shows the text of the token; a reload doesn't show it again."""
    try:
        token, text = tokens.create_token(
            actor=person_of(request),
            person=person_of(request),
            name=request.POST.get("name", ""),
            scopes=_scopes(request),
            days=_days(request),
        )
    except Invalid as error:
        return _page(request, bounced(request, error, "create"), status=422)
    return _page(request, made=token, text=text)


@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_or_404(Token.objects.filter(person=person_of(request)), pk=pk)
    return perform(
        request,
        lambda _seen: tokens.revoke_token(actor=person_of(request), token=token),
        back="/me",
        said=_("The token %(name)s counts no longer.") % {"name": token.name},
    )


@require_POST
def end_session(request: HttpRequest, name: str) -> HttpResponse:
    if sessions.end_session(person_of(request), name):
        messages.success(request, _("That session has ended."))
    return see_other(request, "/me")


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


def _page(
    request: HttpRequest,
    bounced: Bounced | None = None,
    made: Token | None = None,
    text: str = "",
    status: int = 200,
) -> HttpResponse:
    chosen = request.POST.getlist("scopes") if bounced else ["read"]
    context: dict[str, Any] = {
        "grants": policy.grants_of(person_of(request)),
        "teams": Team.objects.filter(members=person_of(request)),
        "tokens": Token.objects.filter(person=person_of(request))[:TOKENS_SHOWN],
        "sessions": sessions.own_sessions(request, person_of(request)),
        "scopes": [(key, label, key in chosen) for key, label in SCOPES],
        "days": bounced.values.get("days", "") if bounced else DAYS,
        "now": clock.now(),
        "bounced": bounced,
        "made": made,
        "text": text,
    }
    return render_page(request, "me/me.html", context, status=status)
