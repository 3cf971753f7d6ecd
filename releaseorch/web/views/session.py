"""Logging in and out."""

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from releaseorch.accounts.services import second_factor
from releaseorch.accounts.services.second_factor import Paused
from releaseorch.core.errors import Invalid, NotAllowed
from releaseorch.web.access import public
from releaseorch.web.login import all_in, enter, form_page, half_in
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


@public
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponseBase:
    """The second factor of who has shown the first; each code counts once."""
    person = half_in(request)
    if person is None:
        return HttpResponseRedirect(LOGIN)
    if request.method != "POST":
        return _code_page(request)
    try:
        second_factor.prove(person, request.POST.get("code", ""))
    except Paused as paused:
        response = _code_page(request, paused, 429)
        response["Retry-After"] = str(paused.seconds)
        return response
    except Invalid as wrong:
        return _code_page(request, wrong, 422)
    return all_in(request, person)


def _code_page(request: HttpRequest, wrong: Invalid | None = None, status: int = 200) -> HttpResponse:
    return render(request, "registration/code.html", {"wrong": wrong}, status=status)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Ends this session; what the browser kept of it goes too."""
    auth.logout(request)
    response = HttpResponseRedirect(LOGIN)
    response.status_code = 303
    response["Clear-Site-Data"] = '"cache", "cookies"'
    return response
