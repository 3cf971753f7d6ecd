"""Which events are news, and for whom. The sweep tells them, so that neither a verb nor a run waits for this."""

from collections.abc import Callable, Iterable
from functools import partial

from releaseorch.audit import outbox
from releaseorch.audit.models import Event
from releaseorch.notifications import (
    change_news,
    feature_news,
    inbox,
    password_mail,
    request_news,
    run_news,
    step_news,
)
from releaseorch.notifications.inbox import News

Teller = Callable[[Event], Iterable[News]]
ENDS = ("run.succeeded", "run.succeeded_with_exceptions", "run.stopped", "run.cancelled")

TELLERS: dict[str, Teller] = {
    "request.submitted": request_news.submitted,
    **dict.fromkeys(
        ["request.edited", "request.item_added", "request.item_removed", "request.item_moved"],
        request_news.edited,
    ),
    "request.approved": request_news.approved,
    "request.sent_back": request_news.sent_back,
    "request.rejected": request_news.sent_back,
    "run.proposed": run_news.proposed,
    "run.approved": run_news.approved,
    "run.sent_back": run_news.sent_back,
    "run.rejected": run_news.sent_back,
    "run.unlocked": run_news.unlocked,
    "run.fixed_forward": change_news.added,
    "run.change_approved": change_news.approved,
    "run.change_declined": change_news.declined,
    "run.started": run_news.started,
    "run.held_up": run_news.held_up,
    **dict.fromkeys(ENDS, run_news.ended),
    "step.needs_decision": step_news.needs_decision,
    "step.failed": step_news.needs_decision,
    "step.marked_failed": step_news.failed_for_good,
    "step.reassigned": step_news.reassigned,
    "step.second_person_asked": step_news.second_person_asked,
    "step.confirmed": step_news.confirmed,
    "step.declined": step_news.declined,
}


def register() -> None:
    for verb, teller in TELLERS.items():
        outbox.on(verb, "notifications.inbox", partial(tell, teller), at_once=False)
    for verb in ("person.created", "password.reset"):
        outbox.on(verb, "notifications.password", password_mail.enqueue, at_once=False)
    for verb in ENDS:
        outbox.on(verb, "notifications.features", partial(tell, feature_news.arrived), at_once=False)


def tell(teller: Teller, event: Event) -> None:
    """Told twice, it changes nothing the second time."""
    inbox.write(list(teller(event)), once=f"event:{event.pk}", by=event.actor_id, at=event.at)
