"""The audit: every event with what it changed, filters, and the proof that nothing was altered."""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from releaseorch.accounts.models import Person
from releaseorch.audit import queries, seals
from releaseorch.audit.models import Event
from releaseorch.web import inputs, links, times
from releaseorch.web.http import render_page

SUBJECT = re.compile(r"([a-z_]+)[ :]*#?([1-9][0-9]{0,17})\Z", re.IGNORECASE)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:")
DIGEST = re.compile(r"(sha256:)?[0-9a-f]{64}")
LONGEST_VALUE = 300
NAMESAKES = 100


@dataclass(frozen=True)
class Change:
    """One field of an event: its name, what it was, what it is."""

    name: str
    before: str
    after: str

    @property
    def is_digest(self) -> bool:
        """The two ends of it are enough; the whole stands in the title."""
        return DIGEST.fullmatch(self.after) is not None


@dataclass(frozen=True)
class Row:
    event: Event
    changes: list[Change]
    url: str


@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """`?verb=request.approved&who=Rita&what=run 214&from=2026-11-01&until=2026-11-30`."""
    filters = _filters(request)
    page = queries.events_page(filters, request.GET.get("cursor", ""))
    context = {
        "page": page,
        "rows": [
            Row(event, changes(event), links.page_of(event.subject_kind, event.subject_id))
            for event in page.items
        ],
        "head": queries.head_of_chain(),
        "filtered": any(
            request.GET.get(name, "").strip() for name in ("verb", "who", "what", "from", "until")
        ),
    }
    return render_page(request, "audit/list.html", context, partial="events")


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """Walks the whole chain: reads everything, changes nothing."""
    return render_page(
        request, "audit/verify.html", {"verdict": seals.verify(), "head": queries.head_of_chain()}
    )


def changes(event: Event) -> list[Change]:
    """What differs between before and after, in the order of the names."""
    names = sorted({*event.before, *event.after})
    pairs = ((name, event.before.get(name), event.after.get(name)) for name in names)
    found = [Change(name.replace("_", " "), _text(old), _text(new)) for name, old, new in pairs if old != new]
    return [one for one in found if one.before or one.after]


def _text(value: Any) -> str:
    """As people read it: moments in the zone of the installation, lists without brackets."""
    if value is None:
        return ""
    if isinstance(value, list):
        text = ", ".join(_text(one) for one in value)
    elif isinstance(value, dict):
        text = _counted(value)
    elif isinstance(value, bool):
        text = _("yes") if value else _("no")
    elif isinstance(value, str):
        moment = _moment(value)
        text = times.exact(moment) if moment else value
    else:
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _counted(values: dict[str, Any]) -> str:
    """ "team: created 1; person: created 66", without what is nothing."""
    said = [
        f"{name}: {_text(one)}" if isinstance(one, dict) else f"{name.replace('_', ' ')} {_text(one)}"
        for name, one in values.items()
        if one
    ]
    nested = any(isinstance(one, dict) for one in values.values())
    return ("; " if nested else ", ").join(part for part in said if not part.endswith(": "))


def _moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text) if MOMENT.match(text) else None
    except ValueError:
        return None
    return found if found and is_aware(found) else None


def _filters(request: HttpRequest) -> queries.EventFilters:
    who = request.GET.get("who", "").strip()[:200]
    people = (
        Person.objects.filter(name__icontains=who).values_list("pk", flat=True)[:NAMESAKES] if who else None
    )
    until = inputs.moment(request.GET, "until")
    kind, number, text = _subject(request.GET.get("what", "").strip()[:200])
    return queries.EventFilters(
        verb=request.GET.get("verb", "").strip().lower()[:60],
        actors=people,
        actor_name=who,
        subject_kind=kind,
        subject_id=number,
        text=text,
        since=inputs.moment(request.GET, "from"),
        until=until + timedelta(days=1) if until else None,  # the last day counts as a whole
    )


def _subject(what: str) -> tuple[str, int | None, str]:
    """ "run 214", "run:214" or "run #214" is that one thing; anything else is part of a name."""
    found = SUBJECT.match(what)
    if found:
        return found.group(1).lower(), int(found.group(2)), ""
    return "", None, what
