"""The login form in all its states: fresh, refused, stale, paused."""

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from releaseorch.web.paths import wanted_after_login

PAUSE_S = round(settings.AXES_COOLOFF_TIME * 3600)


def form_page(
    request: HttpRequest, form: AuthenticationForm, status: int = 200, sentence: str = ""
) -> HttpResponse:
    context = {
        "form": form,
        "next": wanted_after_login(request),
        "sentence": sentence,
        "sealed": request.POST.get("sealed", ""),
    }
    return render(request, "registration/login.html", context, status=status)


def empty(request: HttpRequest) -> AuthenticationForm:
    return AuthenticationForm(request)


def stale(request: HttpRequest) -> HttpResponse:
    """The form as typed with a fresh token: it had stood open over another login."""
    return _again(request, _("This form had stood open for too long. Type the password once more."), 403)


def paused(request: HttpRequest) -> HttpResponse:
    """429: the same answer whether the name exists or not."""
    sentence = _("Too many wrong passwords for this name. Wait a minute, then try again.")
    response = _again(request, sentence, 429)
    response["Retry-After"] = str(PAUSE_S)
    return response


def _again(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    form = AuthenticationForm(request, initial={"username": request.POST.get("username", "")[:100]})
    return form_page(request, form, status, sentence)
