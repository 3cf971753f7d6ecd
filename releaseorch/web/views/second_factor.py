"""One's own second factor: the phone's picture, the first code, recovery codes that are shown once."""

from typing import Any
from urllib.parse import urlsplit

import segno
from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from releaseorch.accounts import one_time, services
from releaseorch.accounts.models import Person, SecondFactor
from releaseorch.accounts.services import second_factor
from releaseorch.core import sealing
from releaseorch.core.errors import Invalid
from releaseorch.web.access import person_of
from releaseorch.web.http import bounced, render_page, see_other
from releaseorch.web.verbs import Bounced

PAGE = "/me/second-factor"


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return _page(request)


@require_POST
@sensitive_post_parameters("password")
def begin(request: HttpRequest) -> HttpResponse:
    """Whoever has a password types it: a browser that was left open must not lock its person out."""
    me = person_of(request)
    try:
        if me.has_usable_password() and not _is_password(request, me):
            raise Invalid({"password": _("This isn't your password.")})
    except Invalid as wrong:
        return _page(request, bounced(request, wrong, "begin"), status=422)
    services.begin_second_factor(actor=me)
    return see_other(request, PAGE)


@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """The answer shows the recovery codes; a reload doesn't show them again."""
    try:
        codes = services.confirm_second_factor(actor=person_of(request), code=request.POST.get("code", ""))
    except Invalid as wrong:
        return _page(request, bounced(request, wrong, "confirm"), status=422)
    return _page(request, codes=codes)


@require_POST
def renew_codes(request: HttpRequest) -> HttpResponse:
    """As above."""
    try:
        codes = services.renew_recovery_codes(actor=person_of(request), code=request.POST.get("code", ""))
    except Invalid as wrong:
        return _page(request, bounced(request, wrong, "renew"), status=422)
    return _page(request, codes=codes)


@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    try:
        services.remove_second_factor(actor=person_of(request), code=request.POST.get("code", ""))
    except Invalid as wrong:
        return _page(request, bounced(request, wrong, "remove"), status=422)
    messages.success(request, _("Your second factor is removed: the password alone lets you in."))
    return see_other(request, "/me")


def _is_password(request: HttpRequest, me: Person) -> bool:
    """Wrong ones count as at the login form."""
    typed = request.POST.get("password", "")
    return auth.authenticate(request, username=me.username, password=typed) is not None


def _page(
    request: HttpRequest, bounced: Bounced | None = None, codes: list[str] | None = None, status: int = 200
) -> HttpResponse:
    me = person_of(request)
    factor = second_factor.factor_of(me)
    context: dict[str, Any] = {
        "factor": factor,
        "left": factor.codes.filter(used_at=None).count() if factor else 0,
        "needs_password": me.has_usable_password(),
        "codes": codes,
        "bounced": bounced,
        **(_for_the_phone(second_factor.pending_of(me), me) if factor is None else {}),
    }
    return render_page(request, "me/second_factor.html", context, status=status)


def _for_the_phone(pending: SecondFactor | None, me: Person) -> dict[str, Any]:
    """The secret of one that waits for its first code, as a picture and as text."""
    if pending is None:
        return {}
    try:
        secret = second_factor.secret_of(pending)
    except sealing.CannotOpen:
        return {}  # it can be begun anew
    place = f"Releaseorch {urlsplit(settings.BASE_URL).hostname}"
    picture = segno.make_qr(one_time.address_of(secret, me.username, place))
    text = one_time.text_of(secret)
    return {
        # Dark on light in both schemes: phones read no other.
        "picture": mark_safe(picture.svg_inline(omitsize=True, dark="#000", light="#fff", border=3)),  # noqa: S308 (made of our own text)
        "secret": " ".join(text[at : at + 4] for at in range(0, len(text), 4)),
    }
