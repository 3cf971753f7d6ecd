"""Requests as pages and the API show them: lists, one in full, and what a person may do with it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from releaseorch.accounts.models import Person
from releaseorch.audit.models import Event
from releaseorch.catalog.models import ComponentVersion
from releaseorch.core.paging import PAGE_SIZE, Page, page_of, with_ids
from releaseorch.delivery import approvals, checks, request_facts
from releaseorch.delivery.alone import Alone, alone
from releaseorch.delivery.approvals import SlotView
from releaseorch.delivery.models import DeploymentRequest, RequestComment, RequestItem
from releaseorch.delivery.request_facts import Facts, Part, Ran, Subject, There, facts_of, subject_of
from releaseorch.delivery.states import REQUEST_OPEN, RequestState
from releaseorch.delivery.verdicts import Check, Readiness
from releaseorch.features.models import Feature
from releaseorch.waiting import ledger
from releaseorch.waiting.models import Interval

MOST_TOLD = 200


@dataclass(frozen=True, kw_only=True)
class RequestFilter:
    """What a list of requests is narrowed to; ids, state values, a text in title or number."""

    states: Sequence[str] = ()
    application: int | None = None
    environment: int | None = None
    release: int | None = None
    requester: int | None = None
    run: int | None = None
    teams: Sequence[int] | None = None  # of whose applications
    open_only: bool = False
    text: str = ""


@dataclass(frozen=True)
class RequestRow:
    """A request in a list, with what it would deploy and what it waits for."""

    request: DeploymentRequest
    lines: tuple[str, ...]
    wait: Interval | None


@dataclass(frozen=True)
class ItemLine:
    """One line of a request: what is there now, and what would be."""

    item: RequestItem
    there: tuple[There, ...]
    ran: tuple[Ran, ...]
    features: tuple[Feature, ...]

    @property
    def version(self) -> ComponentVersion | None:
        return self.item.version

    @property
    def from_text(self) -> str:
        """The version that is there now, several if targets differ, empty for nothing."""
        return ", ".join(sorted({row.version for row in self.there if row.version is not None}))

    @property
    def to_text(self) -> str:
        return self.item.version.text if self.item.version else ""

    @property
    def is_uncertain(self) -> bool:
        return any(row.uncertain_with_id is not None for row in self.there)

    @property
    def is_there_already(self) -> bool:
        """Whether the environment already has exactly this version, for sure."""
        return bool(self.there) and not self.is_uncertain and self.from_text == self.to_text

    @property
    def replaced_since(self) -> datetime | None:
        return self.there[0].since if self.there else None


@dataclass(frozen=True)
class FeatureLine:
    """A feature of a request: its status in the application, what else it touches, which of the versions hold it."""

    feature: Feature
    part: Part | None
    others: tuple[Part, ...]
    held_by: tuple[str, ...]


@dataclass(frozen=True)
class FeatureGroups:
    """Delivered by these versions / expected but not in them / in them but not expected."""

    delivered: tuple[FeatureLine, ...]
    missing: tuple[FeatureLine, ...]
    unexpected: tuple[FeatureLine, ...]


@dataclass(frozen=True)
class Change:
    """What an edit changed after an approval, so that the approval fell: lines before and after."""

    event: Event
    before: tuple[str, ...]
    after: tuple[str, ...]

    @property
    def gone(self) -> list[str]:
        return [line for line in self.before if line not in self.after]

    @property
    def new(self) -> list[str]:
        return [line for line in self.after if line not in self.before]


@dataclass(frozen=True)
class RequestDetail:
    """Everything the page of a request shows; `changed_since_approval` only while it must be approved again."""

    request: DeploymentRequest
    items: tuple[ItemLine, ...]
    features: FeatureGroups
    checks: tuple[Check, ...]
    alone: Alone
    slots: tuple[SlotView, ...]
    changed_since_approval: Change | None
    wait: Interval | None
    waits: tuple[Interval, ...]
    events: tuple[Event, ...]  # the newest ones
    comments: tuple[RequestComment, ...]  # the newest ones, the oldest of them first
    has_older_comments: bool
    filed_together: tuple[DeploymentRequest, ...]
    facts: Facts

    @property
    def readiness(self) -> Readiness:
        return Readiness.of(self.checks)


def requests_page(
    narrowed: RequestFilter | None = None, cursor: str | None = None, size: int = PAGE_SIZE
) -> Page[RequestRow]:
    """The newest requests first; three queries whatever the size."""
    page = page_of(request_facts.with_lines(_narrowed(narrowed or RequestFilter())), cursor, size)
    return Page(rows_of(page.items), page.older, page.newer)


def rows_of(requests: Sequence[DeploymentRequest]) -> list[RequestRow]:
    """Rows of requests read by `with_lines`, with their open waits; one query."""
    waits = ledger.open_waits("request", [request.pk for request in requests])
    return [RequestRow(request, lines_of(request), waits.get(request.pk)) for request in requests]


def lines_of(request: DeploymentRequest) -> tuple[str, ...]:
    """What the request does, a few words per line."""
    return tuple(_line(item) for item in request.items.all())


def _line(item: RequestItem) -> str:
    if item.component is None:
        return item.title
    if item.version is None:
        return _("remove %(component)s") % {"component": item.component.name}
    return f"{item.component.name} {item.version.text}"


def _narrowed(wanted: RequestFilter) -> QuerySet[DeploymentRequest]:
    found = with_ids(
        DeploymentRequest.objects.all(),
        application_id=wanted.application,
        environment_id=wanted.environment,
        release_id=wanted.release,
        run_id=wanted.run,
    )
    states = wanted.states or (sorted(REQUEST_OPEN) if wanted.open_only else ())
    if states:
        found = found.filter(state__in=[str(state) for state in states])
    if wanted.requester is not None:
        people = with_ids(Person.objects.all(), pk=wanted.requester)
        found = found.filter(Q(requester__in=people) | Q(filed_by__in=people))
    if wanted.teams is not None:
        found = found.filter(application__team__in=wanted.teams)
    number = wanted.text.strip().lstrip("#")
    if number.isascii() and number.isdigit() and len(number) < 19:
        return found.filter(pk=int(number))
    if wanted.text.strip():
        found = found.filter(
            Q(title__icontains=wanted.text.strip()) | Q(application__name__icontains=wanted.text.strip())
        )
    return found


def request_detail(request_id: int, most: int = MOST_TOLD) -> RequestDetail | None:
    """One request in full, None when there is none; `most`: so many of its newest events and comments.

    The number of queries doesn't grow with its lines.
    """
    request = request_facts.with_subjects(DeploymentRequest.objects.filter(pk=request_id)).first()
    if request is None:
        return None
    subject = subject_of(request)
    facts = facts_of([subject])
    waits = ledger.history("request", request.pk)
    events, edits = _told(request, most)
    changed_by = {one.actor_id for one in edits if one.actor_id}
    comments = (
        request.comments.select_related("person")
        .only("request_id", "text", "at", "person__name")
        .order_by("-at", "-pk")
    )
    said = tuple(comments[: most + 1])
    return RequestDetail(
        request=request,
        items=item_lines(subject, facts),
        features=feature_groups(subject, facts),
        checks=tuple(checks.checks_of(subject, facts)),
        alone=alone(subject, facts),
        slots=tuple(approvals.slots_of_request(request, changed_by, facts.policies)),
        changed_since_approval=_changed_since_approval(request, edits),
        wait=next((one for one in waits if one.ended_at is None and one.is_primary), None),
        waits=tuple(waits),
        events=events,
        comments=said[:most][::-1],
        has_older_comments=len(said) > most,
        filed_together=_filed_together(request),
        facts=facts,
    )


def _told(request: DeploymentRequest, most: int) -> tuple[tuple[Event, ...], list[Event]]:
    """The newest events, and all that changed what would be deployed, the newest first; one query."""
    events = Event.objects.filter(subject_kind="request", subject_id=request.pk).order_by("-id")
    found = list(events.filter(Q(after__content_changed=True) | Q(pk__in=events.values("pk")[:most])))
    return tuple(found[:most]), [one for one in found if one.after.get("content_changed") is True]


def _changed_since_approval(request: DeploymentRequest, edits: Sequence[Event]) -> Change | None:
    """The lines as they were when approvals fell for the last time, against the lines now; the newest edit first."""
    if request.state != RequestState.SUBMITTED:
        return None
    fell = next((one for one in edits if one.after.get("approvals_fell")), None)
    if fell is None:
        return None
    return Change(fell, tuple(fell.before.get("items", ())), tuple(fell.after.get("items", ())))


def _filed_together(request: DeploymentRequest) -> tuple[DeploymentRequest, ...]:
    if not request.filed_with:
        return ()
    others = DeploymentRequest.objects.filter(filed_with=request.filed_with).exclude(pk=request.pk)
    return tuple(others.select_related("application", "environment").order_by("id"))


def item_lines(subject: Subject, facts: Facts) -> tuple[ItemLine, ...]:
    return tuple(
        ItemLine(
            item,
            tuple(facts.installed[(subject.environment.pk, item.component_id)]) if item.component_id else (),
            tuple(facts.ran[item.version_id]) if item.version_id else (),
            tuple(facts.held[item.version_id]) if item.version_id else (),
        )
        for item in subject.items
        if isinstance(item, RequestItem)
    )


def feature_groups(subject: Subject, facts: Facts) -> FeatureGroups:
    """The features around a subject in three groups."""
    delivered, wanted = facts.delivered(subject), facts.wanted(subject)
    held, expected = {one.pk for one in delivered}, {one.pk for one in wanted}
    held_by = _held_by(subject, facts)

    def lines(features: Iterable[Feature]) -> tuple[FeatureLine, ...]:
        return tuple(_feature_line(one, subject, facts, held_by[one.pk]) for one in features)

    return FeatureGroups(
        lines(one for one in delivered if one.pk in expected),
        lines(one for one in wanted if one.pk not in held),
        lines(one for one in delivered if one.pk not in expected),
    )


def _held_by(subject: Subject, facts: Facts) -> dict[int, list[str]]:
    """By feature, the versions of the subject that hold it, in words."""
    found: dict[int, list[str]] = defaultdict(list)
    for item in subject.items:
        if item.version is not None:
            for feature in facts.held[item.version.pk]:
                found[feature.pk].append(f"{item.component} {item.version.text}")
    return found


def _feature_line(feature: Feature, subject: Subject, facts: Facts, held_by: Sequence[str]) -> FeatureLine:
    own = subject.application
    others = tuple(one for one in facts.parts[feature.pk] if one.application != own)
    return FeatureLine(feature, facts.part(feature, own), others, tuple(held_by))
