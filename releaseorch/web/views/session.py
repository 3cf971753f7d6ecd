"""Logging in and out."""

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from releaseorch.core.errors import NotAllowed
from releaseorch.web.access import public
from releaseorch.web.login import enter, form_page
from releaseorch.web.paths import LOGIN, wanted_after_login


@public
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponseBase:
    """The form; a right password gives a new session and leads to where the person wanted to go,
    or to the form that they had sent without a session, filled again."""
    wanted = wanted_after_login(request)
    if request.method != "POST":
        if request.user.is_authenticated:
            return HttpResponseRedirect(wanted or "/")
        return form_page(request, AuthenticationForm(request))
    if not settings.PASSWORD_LOGIN:
        raise NotAllowed(
            _("People log in by %(name)s here, not by a password.") % {"name": settings.OIDC_NAME}
        )
    form = AuthenticationForm(request, data=request.POST)
    if not form.is_valid():
        return form_page(request, form, status=422)
    return enter(request, form.get_user(), wanted, request.POST.get("sealed", ""))


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Ends this session; what the browser kept of it goes too."""
    auth.logout(request)
    response = HttpResponseRedirect(LOGIN)
    response.status_code = 303
    response["Clear-Site-Data"] = '"cache", "cookies"'
    return response
