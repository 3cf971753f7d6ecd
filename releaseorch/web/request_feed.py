"""What happened to a request, as lines that read like sentences, newest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from releaseorch.audit.models import Event

SAID = {
    "request.created": gettext_lazy("filed it as a draft"),
    "request.edited": gettext_lazy("changed it"),
    "request.item_added": gettext_lazy("added a line"),
    "request.item_removed": gettext_lazy("removed a line"),
    "request.item_moved": gettext_lazy("moved a line"),
    "request.submitted": gettext_lazy("submitted it"),
    "request.approved": gettext_lazy("approved it"),
    "request.marked_late": gettext_lazy("moved the cut-off before it was filed: it is late now"),
    "request.unmarked_late": gettext_lazy("moved the cut-off behind its filing: it isn't late any more"),
    "request.late_consented": gettext_lazy("let it in although it was filed late"),
    "request.handed_over": gettext_lazy("handed it over"),
    "request.sent_back": gettext_lazy("sent it back"),
    "request.rejected": gettext_lazy("rejected it"),
    "request.withdrawn": gettext_lazy("withdrew it"),
    "request.retried": gettext_lazy("freed it for another try"),
    "request.put_in_run": gettext_lazy("put it into run"),
    "request.planned": gettext_lazy("proposed the run that holds it"),
    "request.unplanned": gettext_lazy("unlocked the run that holds it"),
    "request.freed": gettext_lazy("freed it from its run"),
    "request.deploying": gettext_lazy("started the run that holds it"),
    "request.deployed": gettext_lazy("ended its run: it is deployed"),
    "request.deployed_with_exceptions": gettext_lazy("ended its run: it is deployed, with exceptions"),
    "request.failed": gettext_lazy("ended its run: it failed"),
    "request.commented": gettext_lazy("wrote a comment"),
}


@dataclass(frozen=True)
class FeedLine:
    """Who did what when, and why; `before` and `after` are its lines where the event changed them."""

    at: datetime
    who: str
    did: str
    why: str
    run_id: int | None
    approvals_fell: bool
    before: str
    after: str


def feed_of(events: Iterable[Event]) -> list[FeedLine]:
    """One line per event; no query."""
    return [_line(event) for event in events]


def _line(event: Event) -> FeedLine:
    before, after = _lines(event.before), _lines(event.after)
    changed = before and after and before != after
    run = event.after.get("run")
    return FeedLine(
        event.at,
        event.actor_name,
        str(SAID.get(event.verb, event.verb)),
        event.reason,
        run if isinstance(run, int) else None,
        bool(event.after.get("approvals_fell")),
        before if changed else "",
        after if changed else "",
    )


def _lines(values: dict[str, Any]) -> str:
    """The lines of a request, as an event keeps them."""
    found = values.get("items", [])
    return ", ".join(str(one) for one in found) if isinstance(found, list) else ""
