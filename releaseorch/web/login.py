"""The login form in all its states: fresh, refused, stale, paused; and letting in who has proved who they are."""

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.web import kept, sessions
from releaseorch.web.paths import wanted_after_login

BACKEND = "django.contrib.auth.backends.ModelBackend"
PAUSE_S = round(settings.AXES_COOLOFF_TIME * 3600)


def form_page(
    request: HttpRequest, form: AuthenticationForm, status: int = 200, sentence: str = ""
) -> HttpResponse:
    context = {
        "form": form,
        "next": wanted_after_login(request),
        "sentence": sentence,
        "sealed": request.POST.get("sealed", ""),
        "ways": ways(),
    }
    return render(request, "registration/login.html", context, status=status)


def ways() -> dict[str, str | bool]:
    """How people log in here."""
    return {
        "provider": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
        "password": settings.PASSWORD_LOGIN,
    }


def enter(request: HttpRequest, person: Person, wanted: str, sealed: str) -> HttpResponse:
    """A new session for the person, and on to where they wanted to go, or to the form that they had sent too late."""
    auth.login(request, person, backend=BACKEND)
    sessions.begin(request)
    back = kept.brought_back(person, sealed)
    response = HttpResponseRedirect(back or wanted or "/")
    response.status_code = 303
    return response


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
