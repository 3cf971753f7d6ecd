"""What is installed where, and since when: who writes installations one by one (`importing`: in bulk), and the reads.

At most one row is open per component, environment and target: an open row is closed by a guarded update, the next one
is refused by the database when somebody else was first.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.accounts.policy import Scope
from releaseorch.audit import events
from releaseorch.catalog.models import Component, ComponentVersion
from releaseorch.core import checked, clock
from releaseorch.core.actor import Actor
from releaseorch.core.errors import Conflict, Invalid
from releaseorch.core.paging import Page, page_of
from releaseorch.environments.models import Environment, Installation, Target
from releaseorch.environments.states import SourceKind

TOPICS = ("inventory",)
Components = Collection[int] | QuerySet[Any, Any] | None  # ids, or a query for them


def install(
    *,
    actor: Actor,
    component: Component,
    environment: Environment,
    target: Target | None,
    version: ComponentVersion,
    source_kind: str,
    source_id: int | None,
    source_name: str,
    at: datetime | None = None,
) -> Installation:
    """From `at` (default now) the version is there; the same and certain already: the row as it is.

    Raises `Invalid` for another component's version or a moment before the present row began, `Conflict` when
    somebody else was first.
    """
    _refuse_foreign(component, version)
    with transaction.atomic():
        before = _open_row(component, environment, target)
        if before is not None and before.uncertain_with_id is None and before.version_id == version.pk:
            return before
        moment = _moment(before, at)
        _close(before, moment)
        source = {"source_kind": source_kind, "source_id": source_id, "source_name": source_name[:200]}
        after = _open(component, environment, target, moment, version=version, **source)
        _record(actor, "inventory.changed", after, before)
        return after


def uninstall(
    *,
    actor: Actor,
    component: Component,
    environment: Environment,
    target: Target | None,
    source_kind: str,
    source_id: int | None,
    source_name: str,
    at: datetime | None = None,
) -> Installation | None:
    """From `at` nothing is there; returns the row that was closed, None when there was none."""
    with transaction.atomic():
        before = _open_row(component, environment, target)
        if before is None:
            return None
        _close(before, _moment(before, at))
        source = {"source": [source_kind, source_id, source_name]}
        events.record(
            actor=actor, verb="inventory.changed", subject=before, before=said(before),
            after={"version": None, **source}, topics=TOPICS,
        )  # fmt: skip
        return before


def mark_uncertain(
    *,
    actor: Actor,
    component: Component,
    environment: Environment,
    target: Target | None,
    attempted: ComponentVersion | None,
    source_kind: str,
    source_id: int | None,
    source_name: str,
) -> Installation | None:
    """Nobody knows whether what was there is still there, or `attempted` (None: nothing) already.

    Returns the row that says so; None when nothing was there and nothing was attempted.
    """
    with transaction.atomic():
        before = _open_row(component, environment, target)
        was = before.version if before else None
        other = attempted or was
        if other is None or (before is not None and before.uncertain_with_id == other.pk):
            return before
        moment = _moment(before, None)
        _close(before, moment)
        source = {"source_kind": source_kind, "source_id": source_id, "source_name": source_name[:200]}
        after = _open(component, environment, target, moment, version=was, uncertain_with=other, **source)
        _record(actor, "inventory.uncertain", after, before)
        return after


def confirm(
    *,
    actor: Person,
    component: Component,
    environment: Environment,
    target: Target | None,
    version: ComponentVersion | None,
    reason: str,
    seen: Collection[int] | None = None,
) -> Installation | None:
    """A person says what is there now, None: nothing; ends every uncertainty.

    `seen`: ids of the open rows of the component in the environment, on whichever target, as the person saw them.
    """
    policy.require(actor, "inventory.confirm", scope_of(component, environment))
    why = checked.reason_text(reason)
    if version is not None:
        _refuse_foreign(component, version)
    with transaction.atomic():
        before = _open_row(component, environment, target)
        _refuse_stale(
            component, environment, seen
        )  # after it: closing the row tells what changes from here on
        moment = _moment(before, None)
        same = before is not None and before.uncertain_with_id is None and before.version == version
        after = before if same else None
        if not same:
            _close(before, moment)
        if version is not None and not same:
            source = {"source_kind": SourceKind.HAND, "source_id": actor.pk, "source_name": actor.name}
            after = _open(component, environment, target, moment, version=version, **source)
        if after is not None or before is not None:
            _record(actor, "inventory.confirmed", after, before, why)
        return after


def scope_of(component: Component, environment: Environment) -> Scope:
    application = component.application
    return Scope.of(teams=[application.team_id], application=application.pk, environment=environment.pk)


def current(
    environment_ids: Collection[int] | None = None, component_ids: Components = None
) -> list[Installation]:
    """What is there now, uncertain rows included; None means all; one query."""
    return list(_chosen(environment_ids, component_ids).filter(until=None))


def as_of(
    moment: datetime,
    environment_ids: Collection[int] | None = None,
    component_ids: Components = None,
) -> list[Installation]:
    """What was there at that moment; one query."""
    return list(_chosen(environment_ids, component_ids).filter(_then(moment)))


def open_at(moment: datetime | None) -> QuerySet[Installation]:
    """Rows that were open at that moment, None: that are open now."""
    return Installation.objects.filter(Q(until=None) if moment is None else _then(moment))


def of_components(component_ids: Collection[int] | QuerySet[Any, Any]) -> Q:
    """Installations of these components, asked so that PostgreSQL expects as few as there are now.

    By the bare numbers it would expect the past, too: thousands of rows of a component that is often installed, and
    read every version there is to join them.
    """
    return Q(component__in=Component.objects.filter(pk__in=component_ids))


def _then(moment: datetime) -> Q:
    return Q(since__lte=moment) & (Q(until=None) | Q(until__gt=moment))


def history(component: Component, environment: Environment) -> list[Installation]:
    """Every row of the pair, the newest first; one query."""
    return list(_chosen([environment.pk], [component.pk]).order_by("-since", "-id"))


def history_page(
    component: Component, environment: Environment, cursor: str | None = None
) -> Page[Installation]:
    """The rows of the pair as they were written, the newest first; one query."""
    return page_of(_chosen([environment.pk], [component.pk]), cursor)


def said(row: Installation | None) -> dict[str, Any]:
    """A row as audit events keep it."""
    if row is None:
        return {"version": None}
    facts: dict[str, Any] = {"version": row.version.text if row.version else None}
    if row.uncertain_with is not None:
        facts["uncertain_with"] = row.uncertain_with.text
    if row.target is not None:
        facts["target"] = row.target.name
    return facts


def _chosen(environment_ids: Collection[int] | None, component_ids: Components) -> QuerySet[Installation]:
    rows = Installation.objects.select_related(
        "environment", "component__application", "version", "uncertain_with", "target"
    ).order_by(
        "environment__rank", "environment__name", "component__application__name", "component__name", "id"
    )
    if environment_ids is not None:
        rows = rows.filter(environment_id__in=environment_ids)
    return rows if component_ids is None else rows.filter(of_components(component_ids))


def _open_row(component: Component, environment: Environment, target: Target | None) -> Installation | None:
    return (
        Installation.objects.select_related("version", "uncertain_with", "target")
        .filter(component=component, environment=environment, target=target, until=None)
        .first()
    )


def _moment(before: Installation | None, at: datetime | None) -> datetime:
    if before is None:
        return at or clock.now()
    if at is None:
        # The clocks of two hosts may differ; an end never comes before its beginning.
        return max(clock.now(), before.since)
    if at < before.since:
        raise Invalid({"at": _("What is installed now came later than this moment.")})
    return at


def _close(row: Installation | None, moment: datetime) -> None:
    if row is not None and not Installation.objects.filter(pk=row.pk, until=None).update(until=moment):
        raise Conflict(_("Somebody else changed what is installed. Look at how it stands now."))


def _open(
    component: Component, environment: Environment, target: Target | None, since: datetime, **values: Any
) -> Installation:
    try:
        with transaction.atomic():
            return Installation.objects.create(
                component=component, environment=environment, target=target, since=since, **values
            )
    except IntegrityError as clash:
        raise Conflict(_("Somebody else changed what is installed. Look at how it stands now.")) from clash


def _refuse_stale(component: Component, environment: Environment, seen: Collection[int] | None) -> None:
    if seen is not None and set(seen) != {row.pk for row in current([environment.pk], [component.pk])}:
        raise Conflict(_("What is installed changed since you opened this page. Look at how it stands now."))


def _refuse_foreign(component: Component, version: ComponentVersion) -> None:
    if version.component_id != component.pk:
        raise Invalid(
            {"installed": _("%(version)s is not a version of %(component)s.")
             % {"version": version, "component": component}}
        )  # fmt: skip


def _record(
    actor: Actor, verb: str, after: Installation | None, before: Installation | None, reason: str = ""
) -> None:
    subject = after or before
    if subject is not None:
        events.record(
            actor=actor, verb=verb, subject=subject, before=said(before), after=said(after), reason=reason,
            topics=TOPICS,
        )  # fmt: skip
