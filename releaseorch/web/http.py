"""Turns what happens inside into answers: pages and their parts, refusals, failures."""

import logging
import sys
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from releaseorch.accounts.models import Person
from releaseorch.core.errors import Conflict, DomainError, Invalid, NotAllowed
from releaseorch.web import inputs, kept, login
from releaseorch.web.kept import Typed
from releaseorch.web.paths import LOGIN, came_from
from releaseorch.web.verbs import Bounced

logger = logging.getLogger(__name__)

STATUS: dict[type[DomainError], int] = {NotAllowed: 403, Conflict: 409, Invalid: 422}
RETRY_AFTER_S = 5
Again = Callable[[Bounced | None], HttpResponse]


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    partial: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole page, or only its part `partial` (a `{% partialdef %}` named like the element's id) when htmx asks."""
    name = f"{template}#{partial}" if partial and wants_part(request) else template
    response = render(request, name, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def wants_part(request: HttpRequest) -> bool:
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def see_other(request: HttpRequest, url: str) -> HttpResponse:
    """Go to `url` with GET, by redirect or as htmx follows it."""
    if wants_part(request):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response


def perform(
    request: HttpRequest,
    func: Callable[[int | None], Any],
    *,
    back: str | Callable[[Any], str],
    said: str | Callable[[Any], str] = "",
    verb: str = "",
    again: Again | None = None,
) -> HttpResponse:
    """Do one verb: `func(seen)` calls the service with the version that the form was drawn from.

    Done: 303 to `back` with the message `said` (both may be made from the service's result); htmx gets
    `again(None)`, the page's changed part. `Invalid`: `again(bounced)` draws the same form with what was typed and
    its sentences, sent as 422. `NotAllowed` and `Conflict`: the page as it is now, above it the reasons and what was
    typed, and its form filled again where it is still open.
    """
    try:
        result = func(inputs.seen_version(request))
    except Invalid as error:
        if again is None:
            return refusal(request, error, _path(back, None))
        response = again(bounced(request, error, verb))
        response.status_code = 422
        return response
    except DomainError as error:
        return refused(request, error, _path(back, None), verb, again)
    forget_typed(request)
    if again is not None and wants_part(request):
        return again(None)
    text = said(result) if callable(said) else said
    if text:
        messages.success(request, text)
    return see_other(request, _path(back, result))


def _path(back: str | Callable[[Any], str], result: Any) -> str:
    if isinstance(back, str):
        return back
    return back(result) if result is not None else ""


def bounced(request: HttpRequest, error: Invalid, verb: str = "") -> Bounced:
    """What was typed and why it wasn't taken; give it to the page as `bounced`."""
    return Bounced(verb, _values(request), error.fields)


def _values(request: HttpRequest) -> dict[str, str]:
    return {name: value for name, value in kept.fields_of(request.POST) if name != "version"}


def forget_typed(request: HttpRequest) -> None:
    """What waited for this verb, carried through a login, has been used."""
    if isinstance(request.user, Person):
        kept.forget(request.user, kept.address_of(request))


@dataclass
class Refused:
    """Stands above the page of a thing whose verb was refused; `typed` can be copied from there."""

    status: int
    reasons: Sequence[str]
    back: str
    typed: Sequence[Typed]
    has_file: bool


def refused(
    request: HttpRequest, error: DomainError, back: str, verb: str, again: Again | None
) -> HttpResponse:
    """A refused verb on the page of its thing as that is now, so that one press more does it where it still may be."""
    if again is None or wants_part(request):
        return refusal(request, error, back)
    status = _status(error)
    request.refused = Refused(  # type: ignore[attr-defined]
        status, error.reasons, back, kept.texts_of(request.POST), bool(request.FILES)
    )
    response = again(Bounced(verb, _values(request), {}, is_stale=isinstance(error, Conflict)))
    response.status_code = status
    return response


def _status(error: DomainError) -> int:
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)


def refusal(request: HttpRequest, error: DomainError, back: str = "") -> HttpResponse:
    """The page of a refused verb: why, who may or what changed, what was typed, and the way back."""
    is_bent = isinstance(error, Invalid) and request.method == "GET"  # then the page without its query helps
    context = {
        "reasons": error.reasons,
        "back": back or (request.path if is_bent else came_from(request)),
        "typed": kept.texts_of(request.POST),
        "has_file": bool(request.FILES),
    }
    return render(request, f"errors/{_status(error)}.html", context, status=_status(error))


class DomainErrors(MiddlewareMixin):
    """Answers what views raise, and refuses what no view should have to read."""

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        try:
            inputs.check_readable(request)
        except BadRequest as error:
            return bad_request(request, error)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError):
            return refusal(request, exception)
        if isinstance(exception, IntegrityError):
            logger.warning("%s %s: %s", request.method, request.path, exception)
            return refusal(request, Conflict(_("Somebody else was first. Look at how it stands now.")))
        if isinstance(exception, DataError | OverflowError):
            return bad_request(request, exception)
        if isinstance(exception, OperationalError | InterfaceError):
            return unavailable(request, exception)
        return None


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400; a body beyond the limits is 413."""
    status = 413 if isinstance(exception, RequestDataTooBig) else 400
    reasons = [str(exception)] if isinstance(exception, BadRequest) and str(exception) else []
    if status == 413:
        reasons = [_("This is more than can be sent in one go.")]
    return _answer(request, 400, status, {"reasons": reasons, "back": came_from(request)})


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    reasons = [str(exception)] if isinstance(exception, PermissionDenied) and str(exception) else []
    return _answer(request, 403, 403, {"reasons": reasons, "back": came_from(request)})


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404, 404, {})


def server_error(request: HttpRequest) -> HttpResponse:
    """500 with a reference that stands in the log too; a database that is away is 503."""
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError | InterfaceError):
        return unavailable(request, error)
    reference = uuid.uuid4().hex[:12]
    logger.error("%s %s failed, reference %s", request.method, request.path, reference, exc_info=error)
    return _answer(request, 500, 500, {"reference": reference})


def unavailable(request: HttpRequest, error: DatabaseError | InterfaceError) -> HttpResponse:
    """503: the database is away or busy beyond patience; nothing was changed."""
    logger.error("%s %s: the database did not answer: %s", request.method, request.path, error)
    response = _answer(request, 503, 503, {})
    response["Retry-After"] = str(RETRY_AFTER_S)
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 that loses nothing: the login form with a fresh token, elsewhere what was typed and the way to go on."""
    if request.path == LOGIN:
        return login.stale(request)
    return too_late(request, 403, _("This page is older than your session, so its form no longer counts."))


def too_late(request: HttpRequest, status: int, why: str) -> HttpResponse:
    """A form of another session: all that was typed, and one press (or a login) back to the form, filled again."""
    get_token(request)
    context = {
        "why": why,
        "typed": kept.texts_of(request.POST),
        "has_file": bool(request.FILES),
        "sealed": kept.carried(request),
        "back": came_from(request),
        "form": None if request.user.is_authenticated else login.empty(request),
        "ways": login.ways(),
    }
    return render(request, "errors/kept.html", context, status=status)


def _answer(request: HttpRequest, page: int, status: int, context: dict[str, Any]) -> HttpResponse:
    if request.path.startswith("/api/"):
        said = " ".join(context.get("reasons") or [])
        problem = {
            "type": "about:blank",
            "status": status,
            "title": _TITLES[page],
            "reason": _REASONS.get(page, "refused"),
            "detail": said or _TITLES[page],
        }
        if "reference" in context:
            problem["reference"] = context["reference"]
        return JsonResponse(problem, status=status, content_type="application/problem+json")
    return render(request, f"errors/{page}.html", context, status=status)


_REASONS = {400: "bad_request", 403: "not_allowed", 404: "not_found", 500: "broken", 503: "not_available"}
_TITLES = {
    400: gettext_lazy("This can't be read."),
    403: gettext_lazy("You may not do this."),
    404: gettext_lazy("Nothing is here."),
    500: gettext_lazy("Something broke here."),
    503: gettext_lazy("Back in a moment."),
}
