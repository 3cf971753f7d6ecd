"""Signs of life for machines: this process, the installation, its figures, and what `manage.py doctor` asks."""

import asyncio
import hmac
from collections.abc import AsyncIterator

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from releaseorch.core import readiness
from releaseorch.web import figures, probe
from releaseorch.web.access import public
from releaseorch.web.proxies import is_within

RETRY_AFTER_S = 10
PLAIN = "text/plain; charset=utf-8"


@public
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers; says nothing about the rest of the installation."""
    return JsonResponse({"ok": True})


@public
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200, or 503 with what is missing: the database, its migrations, the broker."""
    problems = readiness.problems()
    answer = JsonResponse({"ok": not problems, "problems": problems}, status=503 if problems else 200)
    if problems:
        answer["Retry-After"] = str(RETRY_AFTER_S)
    return answer


@public
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For who has the token or comes from an allowed address; for nobody unless one of them is set."""
    if not (_has_token(request) or is_within(request.META.get("REMOTE_ADDR", ""), settings.METRICS_FROM)):
        said = _(
            "The figures need the token RELEASEORCH_METRICS_TOKEN, or an address in RELEASEORCH_METRICS_FROM."
        )
        return HttpResponse(f"{said}\n", status=403, content_type=PLAIN)
    return HttpResponse(figures.exposition(), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    wanted = settings.METRICS_TOKEN
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())


@public
@require_GET
def mirror(request: HttpRequest) -> HttpResponse:
    """What this request looks like after all proxies."""
    probe.require_ticket(request)
    return JsonResponse(
        {
            "scheme": request.scheme,
            "host": request.get_host(),
            "client": request.META.get("REMOTE_ADDR", ""),
            "request_id": request.META.get("HTTP_X_REQUEST_ID", ""),
        }
    )


@public
@require_GET
async def trial(request: HttpRequest) -> HttpResponseBase:
    """A short event stream: who gets both events at once has something that buffers in between."""
    probe.require_ticket(request)
    if not isinstance(request, ASGIRequest):
        said = _("Event streams need the ASGI server: the proxy must send /live/ there.")
        return HttpResponse(f"{said}\n", status=501, content_type=PLAIN)
    return StreamingHttpResponse(
        _two_events(),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _two_events() -> AsyncIterator[bytes]:
    yield b"event: first\ndata: {}\n\n"
    await asyncio.sleep(probe.PAUSE_S)
    yield b"event: last\ndata: {}\n\n"
