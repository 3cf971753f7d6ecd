"""Views that fail in each way, to see what people get."""

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path

from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.web.http import perform, render_page

ERRORS = {
    "not-allowed": NotAllowed("Ask Rita.", "Or Sven."),
    "conflict": Conflict("Run 7 was started meanwhile."),
    "invalid": Invalid({"reason": "Say why."}),
    "gone": Http404("x"),
    "denied": PermissionDenied("Not yours."),
    "bad": BadRequest("Not a number."),
    "big": RequestDataTooBig("body"),
    "integrity": IntegrityError("duplicate key value violates secret_constraint"),
    "data": DataError("value too long for type"),
    "overflow": OverflowError("Python int too large to convert to SQLite INTEGER"),
    "away": OperationalError("could not connect to server password=hunter2"),
    "broken": RuntimeError("password=hunter2"),
}


def fail(request: HttpRequest, how: str) -> HttpResponse:
    raise ERRORS[how]


def verb(request: HttpRequest, how: str) -> HttpResponse:
    def service(seen: int | None) -> str:
        if how in ERRORS:
            raise ERRORS[how]
        return f"version {seen}"

    def again(bounced) -> HttpResponse:
        return render_page(
            request, "search/search.html", {"wanted": str(bounced and bounced.errors), "groups": []}, "found"
        )

    return perform(
        request, service, back="/runs/7", said=lambda result: f"Done at {result}.", again=again, verb="start"
    )


urlpatterns = [
    path("fail/<str:how>", fail),
    path("verb/<str:how>", verb),
    path("", include("releaseorch.web.urls")),
]
handler400 = "releaseorch.web.http.bad_request"
handler403 = "releaseorch.web.http.forbidden"
handler404 = "releaseorch.web.http.not_found"
handler500 = "releaseorch.web.http.server_error"
