"""Logging in and out, and the sign of life."""

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from releaseorch.web import sessions
from releaseorch.web.access import LOGIN, public
from releaseorch.web.http import own_path

PAUSE_S = round(settings.AXES_COOLOFF_TIME * 3600)

__all__ = ["LOGIN", "healthz", "login", "logout", "paused_login", "stale_login"]


@public
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponseBase:
    """The form; a right password gives a new session and leads to where the person wanted to go."""
    wanted = _wanted(request)
    if request.method != "POST":
        if request.user.is_authenticated:
            return HttpResponseRedirect(wanted or "/")
        return _page(request, AuthenticationForm(request))
    form = AuthenticationForm(request, data=request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    auth.login(request, form.get_user())
    sessions.begin(request)
    response = HttpResponseRedirect(wanted or "/")
    response.status_code = 303
    return response


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Ends this session; what the browser kept of it goes too."""
    auth.logout(request)
    response = HttpResponseRedirect(LOGIN)
    response.status_code = 303
    response["Clear-Site-Data"] = '"cache", "cookies"'
    return response


@public
@require_GET
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers; says nothing about the rest of the installation."""
    return JsonResponse({"ok": True})


def stale_login(request: HttpRequest) -> HttpResponse:
    """The login form as typed with a fresh token: it had stood open over another login."""
    return _again(request, _("This form had stood open for too long. Type the password once more."), 403)


def paused_login(request: HttpRequest) -> HttpResponse:
    """429: the same answer whether the name exists or not."""
    sentence = _("Too many wrong passwords for this name. Wait a minute, then try again.")
    response = _again(request, sentence, 429)
    response["Retry-After"] = str(PAUSE_S)
    return response


def _again(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    form = AuthenticationForm(request, initial={"username": request.POST.get("username", "")[:100]})
    return _page(request, form, status, sentence)


def _page(
    request: HttpRequest, form: AuthenticationForm, status: int = 200, sentence: str = ""
) -> HttpResponse:
    context = {"form": form, "next": _wanted(request), "sentence": sentence}
    return render(request, "registration/login.html", context, status=status)


def _wanted(request: HttpRequest) -> str:
    wanted = own_path(request.POST.get("next") or request.GET.get("next"))
    return "" if wanted.startswith((LOGIN, "/logout")) else wanted
