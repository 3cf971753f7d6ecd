"""Logging in by an OpenID provider: there and back again."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from releaseorch.accounts import services
from releaseorch.core.errors import NotAllowed
from releaseorch.web import kept, login
from releaseorch.web.access import public
from releaseorch.web.paths import wanted_after_login

View = Callable[[HttpRequest], HttpResponse]


def _protocol() -> Any:
    """Loaded where it is used: allauth's apps are there only then."""
    if not settings.OIDC_ISSUER:
        raise Http404
    from releaseorch.web import oidc

    return oidc


@public
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """A page that leads to the provider: a redirect of a form to elsewhere is what our security policy refuses."""
    oidc = _protocol()
    sealed = request.POST.get("sealed", "")
    carried = {"next": wanted_after_login(request), "sealed": sealed if kept.is_ours(sealed) else ""}
    try:
        leads = oidc.begin(request, carried)
    except oidc.NoSense as broken:
        return login.form_page(request, login.empty(request), 502, str(broken))
    return render(request, "registration/leaving.html", {"leads": leads, "name": settings.OIDC_NAME})


@public
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Where the provider sends people back to, with a code that counts once."""
    oidc = _protocol()
    try:
        claim, carried = oidc.finish(request)
        person = services.log_in_by(claim)
    except oidc.NoSense as broken:
        return login.form_page(request, login.empty(request), 502, str(broken))
    except NotAllowed as refused:
        return login.form_page(request, login.empty(request), 403, str(refused))
    return login.enter(request, person, carried["next"], carried["sealed"])
