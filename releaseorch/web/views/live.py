"""The event stream of a page."""

from functools import partial
from importlib import import_module

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import auth
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from releaseorch.core.errors import Invalid
from releaseorch.web import live
from releaseorch.web.access import public


@public  # answers 401 by itself: an event stream can't follow a redirect to the login form
@require_GET
async def live_stream(request: HttpRequest) -> HttpResponseBase:
    """`/live/stream?topics=run:214,runs`: events `changed` with {"topic", "version"}, first how it stands now."""
    person = await request.auser()
    if not person.is_authenticated:
        return _plain(401, _("Log in first."))
    if not isinstance(request, ASGIRequest):
        return _plain(501, _("Event streams need the ASGI server; the page shows all after a reload."))
    try:
        topics = live.topics_of(request.GET.get("topics", "").split(","))
    except Invalid as error:
        return _plain(400, " ".join(error.reasons))
    still_may = partial(_still_may, str(request.session.session_key), person.pk)
    # The stream lives for hours; the connection that looked the session up must not.
    await sync_to_async(connections.close_all)()
    return StreamingHttpResponse(
        live.stream(topics, still_may),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _plain(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")


def _still_may(session_key: str, person_id: int) -> bool:
    """Whether the session still stands for this person, and the person is still active."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    try:
        return auth.get_user(request).pk == person_id
    except DatabaseError:
        return True  # not known now; asked again a minute later
    finally:
        connections.close_all()
