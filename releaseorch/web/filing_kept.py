"""The form of a request keeps itself while it is typed, and comes back as it was left."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.catalog.models import Application
from releaseorch.core.errors import Invalid
from releaseorch.core.fields import name_key
from releaseorch.web import filing_read, inputs, kept
from releaseorch.web.access import person_of
from releaseorch.web.filing import Filing
from releaseorch.web.http import see_other
from releaseorch.web.models import KeptForm

BUTTONS = frozenset({kept.KEEP, kept.START_OVER})


@dataclass(frozen=True)
class Unfinished:
    """A new request that somebody began and left."""

    row: KeptForm
    application: Application | None


def pressed(request: HttpRequest, do: str) -> HttpResponse:
    """Keep what is typed, answering in a few words; or start over with an empty form."""
    person, address = person_of(request), kept.address_of(request)
    if do == kept.START_OVER:
        kept.discard(person, address)
        return see_other(request, address)
    try:
        row = kept.keep(
            person, address, address, kept.fields_of(request.POST), inputs.row_id(request.POST, "turn") or 0
        )
    except Invalid as refused:
        return HttpResponse(" ".join(refused.reasons), status=422, content_type="text/plain")
    if row is None:
        said = _("Saved or started over in another window: nothing is kept of this one.")
        return HttpResponse(said, status=422, content_type="text/plain")
    said = _("What you typed is kept, %(time)s") % {"time": f"{timezone.localtime(row.at):%H:%M}"}
    return HttpResponse(said, content_type="text/plain")


def typed_before(request: HttpRequest) -> Filing | None:
    """What the person left here; nothing where it can't be read any more."""
    row = kept.at_address(person_of(request), kept.address_of(request))
    request.kept_form = row  # type: ignore[attr-defined]
    if row is None or row.fields is None:
        return None
    try:
        return filing_read.read(row.posted)
    except BadRequest:
        return None


def context(request: HttpRequest) -> dict[str, Any]:
    """`turn` and `opened` go along; `kept_form` while the page shows what was left here."""
    row: KeptForm | None = getattr(request, "kept_form", None)
    if request.method == "POST":
        turn = inputs.row_id(request.POST, "turn") or 0
    else:
        turn = row.turn if row else 0
    return {
        "here": request.path,
        "opened": kept.address_of(request).partition("?")[2],
        "turn": turn,
        "kept_form": row if row is not None and row.fields is not None else None,
        "is_typed": request.method == "POST",
    }


def unfinished(person: Person) -> list[Unfinished]:
    """New requests that the person began and left, newest first; two queries."""
    rows = [
        row for row in kept.of_person(person) if row.address.partition("?")[0] == reverse("request-create")
    ]
    ids = {row.pk: _application_id(row) for row in rows}
    keys = {row.pk: name_key(row.posted.get("application", "").strip()) for row in rows}
    chosen = Q(pk__in=[one for one in ids.values() if one]) | Q(
        name_key__in=[one for one in keys.values() if one]
    )
    known = list(Application.objects.filter(chosen).only("pk", "name", "name_key"))
    applications: dict[int | str, Application] = {one.pk: one for one in known} | {
        one.name_key: one for one in known
    }
    return [Unfinished(row, applications.get(ids[row.pk] or keys[row.pk])) for row in rows]


def _application_id(row: KeptForm) -> int | None:
    try:
        return inputs.row_id(row.posted, "application")
    except BadRequest:
        return None
