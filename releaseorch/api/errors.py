"""Every refusal as a problem document (RFC 9457) with a `reason` that programs compare and a `detail` people read."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, status
from rest_framework.response import Response

from releaseorch.core.errors import Conflict, Invalid, NotAllowed

MEDIA_TYPE = "application/problem+json"


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler; None lets Django answer 500, which is a defect."""
    code, reason, detail, extra = _explained(error)
    if not code:
        return None
    content = {
        "type": "about:blank",
        "title": str(TITLES.get(code, reason)),
        "status": code,
        "reason": reason,
        "detail": detail,
        **extra,
    }
    response = Response(content, status=code, content_type=MEDIA_TYPE)
    for header, value in _headers(error, code):
        response[header] = value
    response.exception = True
    return response


TITLES = {
    400: gettext_lazy("Bad request"),
    401: gettext_lazy("Not logged in"),
    403: gettext_lazy("Not allowed"),
    404: gettext_lazy("Not found"),
    405: gettext_lazy("Method not allowed"),
    406: gettext_lazy("Not acceptable"),
    409: gettext_lazy("Conflict"),
    413: gettext_lazy("Too large"),
    415: gettext_lazy("Unsupported media type"),
    422: gettext_lazy("Invalid"),
    429: gettext_lazy("Too many calls"),
    503: gettext_lazy("Not available"),
}

Explained = tuple[int, str, str, dict[str, Any]]


def _explained(error: Exception) -> Explained:
    match error:
        case NotAllowed():
            return 403, "not_allowed", str(error), {"reasons": error.reasons}
        case Conflict():
            return 409, "conflict", str(error), {}
        case Invalid():
            return 422, "invalid", str(error), {"errors": error.fields}
        case IntegrityError():
            return 409, "conflict", _("Somebody else was first. Look at how it stands now."), {}
        case DataError() | OverflowError():
            return 400, "bad_request", _("Something in this call can't be stored. Nothing was changed."), {}
        case OperationalError():
            return (
                503,
                "database_away",
                _("The database is away. Nothing was changed; try again in a moment."),
                {},
            )
    return _of_framework(error)


def _of_framework(error: Exception) -> Explained:
    match error:
        case Http404() | exceptions.NotFound():
            return 404, "not_found", _("There is nothing here, or it is outside of what you may see."), {}
        case PermissionDenied():
            return 403, "not_allowed", str(error) or _("This is not allowed."), {}
        case exceptions.ValidationError():
            return 422, "invalid", _("Some fields can't be taken."), {"errors": _flat(error.detail)}
        case exceptions.APIException():
            return _of_call(error)
    return 0, "", "", {}


def _of_call(error: exceptions.APIException) -> Explained:
    reasons = {
        status.HTTP_400_BAD_REQUEST: "bad_request",
        status.HTTP_401_UNAUTHORIZED: "not_logged_in",
        status.HTTP_403_FORBIDDEN: "not_allowed",
        status.HTTP_405_METHOD_NOT_ALLOWED: "method_not_allowed",
        status.HTTP_415_UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
    }
    return error.status_code, reasons.get(error.status_code, "refused"), str(error.detail), {}


def _flat(detail: Any) -> Any:
    """Field → sentences, whatever the nesting."""
    if isinstance(detail, dict):
        return {("" if name == "non_field_errors" else name): _flat(inner) for name, inner in detail.items()}
    if isinstance(detail, list):
        return [_flat(one) if isinstance(one, dict | list) else str(one) for one in detail]
    return [str(detail)]


def _headers(error: Exception, code: int) -> list[tuple[str, str]]:
    found = []
    if getattr(error, "auth_header", None):
        found.append(("WWW-Authenticate", str(error.auth_header)))  # type: ignore[attr-defined]
    if code == 503:
        found.append(("Retry-After", "5"))
    return found
