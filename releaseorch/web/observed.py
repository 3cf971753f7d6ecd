"""Each request gets an id, a line in the log and a place in the figures."""

import logging
import re
import time
import uuid

from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from releaseorch.core import logs
from releaseorch.web import figures

logger = logging.getLogger(__name__)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
ID = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")


class Observed(MiddlewareMixin):
    """After the named proxies: an id that a stranger sent is gone by now."""

    def process_request(self, request: HttpRequest) -> None:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request.META["HTTP_X_REQUEST_ID"] = given if ID.match(given) else uuid.uuid4().hex
        logs.begin(request=request.META["HTTP_X_REQUEST_ID"])
        request.META["releaseorch.began"] = time.perf_counter()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        took_s = time.perf_counter() - request.META["releaseorch.began"]
        response["X-Request-ID"] = request.META["HTTP_X_REQUEST_ID"]
        view = request.resolver_match.view_name if request.resolver_match else ""
        figures.SECONDS.labels(_known(request.method), view, response.status_code).observe(took_s)
        logger.info(
            "%s %s %s in %d ms", request.method, request.path, response.status_code, round(took_s * 1000)
        )
        logs.begin()  # the thread goes on to other work
        return response


def _known(method: str | None) -> str:
    """Strangers may invent methods; each would be a row of figures for ever."""
    return method if method in METHODS else "other"
