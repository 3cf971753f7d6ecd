"""The login form in all its states: fresh, refused, stale, paused; and letting in who has proved who they are."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.accounts.services import second_factor
from releaseorch.core import clock
from releaseorch.web import kept, sessions
from releaseorch.web.paths import CODE, wanted_after_login

BACKEND = "django.contrib.auth.backends.ModelBackend"
HALF_IN, HALF_IN_FOR = "half_in", timedelta(minutes=10)
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
    """Let in who has shown the first factor, by whatever way; whoever has a second one is asked for it first."""
    if second_factor.factor_of(person) is None:
        return let_in(request, person, wanted, sealed)
    request.session.flush()  # nobody else's, and a new key
    request.session[HALF_IN] = {
        "person": person.pk,
        "hash": person.get_session_auth_hash(),
        "since": clock.now().isoformat(),
        "next": wanted,
        "sealed": sealed,
    }
    return see_other(CODE)


def half_in(request: HttpRequest) -> Person | None:
    """Who has shown the first factor in this browser a short while ago, and is awaited with the second."""
    kept_of = request.session.get(HALF_IN)
    if not kept_of or clock.now() - datetime.fromisoformat(kept_of["since"]) > HALF_IN_FOR:
        return None
    person = Person.objects.filter(pk=kept_of["person"], is_active=True).first()
    is_same = person is not None and constant_time_compare(kept_of["hash"], person.get_session_auth_hash())
    return person if is_same else None


def all_in(request: HttpRequest, person: Person) -> HttpResponse:
    carried = request.session.pop(HALF_IN)
    return let_in(request, person, carried["next"], carried["sealed"])


def let_in(request: HttpRequest, person: Person, wanted: str, sealed: str) -> HttpResponse:
    """A new session for the person, and on to where they wanted to go, or to the form that they had sent too late."""
    auth.login(request, person, backend=BACKEND)
    sessions.begin(request)
    back = kept.brought_back(person, sealed)
    return see_other(back or wanted or "/")


def see_other(path: str) -> HttpResponse:
    response = HttpResponseRedirect(path)
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
