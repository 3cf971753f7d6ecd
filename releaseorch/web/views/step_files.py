"""Downloads that belong to a step: logs and evidence, always as files, never shown as a page of ours."""

from pathlib import PurePath

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from releaseorch.accounts.models import Person
from releaseorch.core.errors import NotAllowed
from releaseorch.core.streams import parts_for
from releaseorch.runs import queries, rights
from releaseorch.runs.models import Attempt, Evidence, Step
from releaseorch.runs.rows import WITH_NAMES
from releaseorch.web.access import get_or_404, person_of

STEP = tuple(f"step__{name}" for name in ("run", *WITH_NAMES))


@require_safe
def log(request: HttpRequest, pk: int) -> HttpResponseBase:
    """All that is kept of the log as text, streamed."""
    attempt = get_or_404(Attempt.objects.select_related(*STEP), pk=pk)
    _require_reader(person_of(request), attempt.step)
    parts = parts_for(request, queries.log_parts(attempt))
    response = StreamingHttpResponse(parts, content_type="text/plain; charset=utf-8")
    return _as_file(
        response, f"run-{attempt.step.run_id}-step-{attempt.step.number}-attempt-{attempt.number}.log"
    )


@require_safe
def evidence_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """At most 10 MB, so it is read in one go."""
    evidence = get_or_404(Evidence.objects.select_related(*STEP), pk=pk)
    _require_reader(person_of(request), evidence.step)
    if not evidence.file:
        raise Http404
    try:
        with evidence.file.open("rb") as file:
            content = file.read()
    except FileNotFoundError as gone:
        raise Http404 from gone
    response = HttpResponse(content, content_type="application/octet-stream")
    return _as_file(response, PurePath(evidence.file_name or "evidence").name)


def _require_reader(person: Person, step: Step) -> None:
    why_not = rights.why_not_read(person, step)
    if why_not:
        raise NotAllowed(why_not)


def _as_file(response: HttpResponseBase, name: str) -> HttpResponseBase:
    """Whatever it holds, a browser saves it and runs nothing of it."""
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
