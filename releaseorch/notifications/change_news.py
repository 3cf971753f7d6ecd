"""News of steps that are added to runs under way: who may approve the changed plan, and what became of it."""

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from releaseorch.audit.models import Event
from releaseorch.delivery import plan_changes
from releaseorch.delivery.models import PlanChange
from releaseorch.notifications import request_news, run_news
from releaseorch.notifications.inbox import News, cut
from releaseorch.notifications.kinds import Kind


def added(event: Event) -> Iterator[News]:
    """Who can approve it is asked; the run stands still for it."""
    change = _change(event)
    if not change.is_open:  # decided before this was told
        return
    sentence = _("%(who)s added “%(step)s” to %(run)s, which is under way: “%(why)s”") % {
        **_said(change),
        "who": event.actor_name,
        "why": cut(event.reason, 200),
    }
    yield from request_news.wanted(
        plan_changes.slots_of(change),
        sentence=sentence,
        link=run_news.link(change.run),
        subject=("run", change.run_id),
        bundle=run_news.bundle(change.run),
        once=f"run:{change.run_id}:{change.round}",
    )


def approved(event: Event) -> Iterator[News]:
    change = _change(event)
    sentence = _("The changed plan of %(run)s is approved; “%(step)s” begins in its turn.") % _said(change)
    yield from _answered(change, Kind.APPROVED, sentence)


def declined(event: Event) -> Iterator[News]:
    change = _change(event)
    sentence = _("%(who)s declined “%(step)s”, which you added to %(run)s: “%(why)s”") % {
        **_said(change),
        "who": event.actor_name,
        "why": cut(event.reason, 200),
    }
    yield from _answered(change, Kind.SENT_BACK, sentence)


def _answered(change: PlanChange, kind: Kind, sentence: str) -> Iterator[News]:
    people: Iterable[int] = [change.proposed_by_id]
    run = change.run
    yield News(
        kind,
        people,
        sentence,
        _("You added this step."),
        run_news.link(run),
        ("run", run.pk),
        run_news.bundle(run),
    )


def _said(change: PlanChange) -> dict[str, object]:
    return {"run": change.run, "step": change.title}


def _change(event: Event) -> PlanChange:
    rows = PlanChange.objects.select_related("run__environment", "proposed_by")
    return rows.get(run=event.subject_id, round=event.after["round"])
