"""What I may do here, my password, my API tokens, and where I am logged in."""

from typing import Any

from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from releaseorch.accounts import policy, services, tokens
from releaseorch.accounts.models import Team, Token
from releaseorch.accounts.services import second_factor
from releaseorch.core.errors import Invalid
from releaseorch.web import sessions, token_pages
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.http import bounced, perform, render_page, see_other
from releaseorch.web.verbs import Bounced
from releaseorch.web.views import passwords


@require_safe
def me(request: HttpRequest) -> HttpResponse:
    return _page(request)


@require_POST
def create_token(request: HttpRequest) -> HttpResponse:
    """The answer shows the text of the token; a reload doesn't show it again."""
    try:
        token, text = token_pages.create(request, person_of(request), person_of(request))
    except Invalid as error:
        return _page(request, bounced(request, error, "token"), status=422)
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
@sensitive_post_parameters("old", "password", "again")
def change_password(request: HttpRequest) -> HttpResponse:
    """The other sessions end; wrong passwords count as at the login form, so that nobody guesses here."""
    me, old = person_of(request), request.POST.get("old", "")
    try:
        if auth.authenticate(request, username=me.username, password=old) is None:
            raise Invalid({"old": _("This isn't your present password.")})
        services.change_password(actor=me, old=old, password=passwords.typed_twice(request))
    except Invalid as error:
        return _page(request, bounced(request, error, "password"), status=422)
    auth.update_session_auth_hash(request, me)
    messages.success(request, _("Your password is changed. Your other sessions have ended."))
    return see_other(request, "/me")


@require_POST
def end_session(request: HttpRequest, name: str) -> HttpResponse:
    if sessions.end_session(person_of(request), name):
        messages.success(request, _("That session has ended."))
    return see_other(request, "/me")


def _page(
    request: HttpRequest,
    bounced: Bounced | None = None,
    made: Token | None = None,
    text: str = "",
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        **token_pages.of(person_of(request), person_of(request), request, bounced),
        "grants": policy.grants_of(person_of(request)),
        "teams": Team.objects.filter(members=person_of(request)),
        "sessions": sessions.own_sessions(request, person_of(request)),
        "second_factor": second_factor.factor_of(person_of(request)),
        "bounced": bounced,
        "made_token": made,
        "text": text,
    }
    return render_page(request, "me/me.html", context, status=status)
