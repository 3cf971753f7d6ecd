"""Takes what was typed on an older picture of a request into its newest version, and says what changed meanwhile."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext_lazy

from releaseorch.audit.models import Event
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import ItemKind
from releaseorch.features.models import Feature
from releaseorch.web import filing, request_feed
from releaseorch.web.filing import Filing, Line
from releaseorch.web.request_feed import FeedLine

MOST_EVENTS = 100


@dataclass(frozen=True)
class Difference:
    """One part that somebody else changed: as it was on the form, as it is now, and `mine` where I changed it too."""

    label: str
    was: str
    now: str
    mine: str


@dataclass(frozen=True)
class Meanwhile:
    """Who did what since the form was drawn, part by part."""

    feed: list[FeedLine]
    differences: list[Difference]


@dataclass(frozen=True)
class Part:
    """A part of the form: its name in the events and on the form, and its value as the events write it."""

    name: str
    attribute: str
    label: Any
    text: Callable[[Filing], str]
    is_plain: Callable[[Filing], bool] = lambda _typed: True  # the text says all that was typed


def merged(typed: Filing, request: DeploymentRequest) -> tuple[Filing, Meanwhile]:
    """The newest version with everything that was typed; what the person left as it was follows the others.

    The audit says what each part was before it was changed. Two queries more than the form itself.
    """
    events = _since(request, typed.since)
    newest, was = filing.of_request(request), _before(events)
    if "digest" in was and "environment" not in was:
        was.setdefault("items", _lines(newest))  # their texts changed, which events tell by the digest alone
    found = replace(typed, version=newest.version, since=last_event(request))
    differences = []
    for part in PARTS:
        if part.name not in was:
            continue
        base, mine, now = _text(part, was[part.name]), part.text(typed), part.text(newest)
        is_untouched = mine in (base, now) and part.is_plain(typed)
        if is_untouched:
            found = replace(found, **{part.attribute: getattr(newest, part.attribute)})
        differences.append(Difference(str(part.label), base, now, "" if is_untouched else mine))
    return found, Meanwhile(request_feed.feed_of(events), differences)


def last_event(request: DeploymentRequest) -> int:
    """Where the story of the request stands: a form drawn now has seen everything up to there."""
    found = Event.objects.filter(subject_kind="request", subject_id=request.pk).aggregate(last=Max("pk"))
    return found["last"] or 0


def _since(request: DeploymentRequest, seen: int | None) -> list[Event]:
    if seen is None:
        return []
    found = Event.objects.filter(subject_kind="request", subject_id=request.pk, pk__gt=seen)
    return list(found.order_by("pk")[:MOST_EVENTS])


def _before(events: Sequence[Event]) -> dict[str, Any]:
    """Each changed part as the form showed it."""
    was: dict[str, Any] = {}
    for event in events:
        for name, value in event.before.items():
            was.setdefault(name, value)
    return was


def _text(part: Part, value: Any) -> str:
    """As an event keeps it: a text, a moment, or a list."""
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if part.name in MOMENTS and value:
        return filing.local(datetime.fromisoformat(str(value)))
    return _plain(str(value))


def _plain(text: str) -> str:
    """Browsers end lines in their own way."""
    return text.replace("\r\n", "\n")


def _lines(typed: Filing) -> str:
    return ", ".join(
        line.title if line.is_manual else str(line.version or line.component) for line in typed.lines
    )


def _is_said_by_its_version(line: Line) -> bool:
    return line.kind == ItemKind.DEPLOY


def _features(typed: Filing) -> str:
    keys = Feature.objects.filter(pk__in=typed.features or ()).values_list("key", flat=True)
    return ", ".join(sorted(keys))


MOMENTS = frozenset({"wish_from", "wish_until"})
PARTS = (
    Part("environment", "environment", gettext_lazy("Environment"), lambda one: str(one.environment or "")),
    Part("release", "release", gettext_lazy("Release"), lambda one: str(one.release or "")),
    Part("title", "title", gettext_lazy("Title"), lambda one: one.title),
    Part("note", "note", gettext_lazy("Note"), lambda one: _plain(one.note)),
    Part("wish_from", "wish_from", gettext_lazy("Not before"), lambda one: one.wish_from),
    Part("wish_until", "wish_until", gettext_lazy("Done by"), lambda one: one.wish_until),
    Part("features", "features", gettext_lazy("Features"), _features),
    Part("items", "lines", gettext_lazy("Lines"), _lines,
         lambda one: all(_is_said_by_its_version(line) for line in one.lines)),
)  # fmt: skip
