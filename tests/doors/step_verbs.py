"""The verbs of steps."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from releaseorch.core import clock
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.states import RequestState
from releaseorch.executors.base import Unknown
from releaseorch.runs import services
from releaseorch.runs.engine import endings, worker
from releaseorch.runs.models import Step
from releaseorch.runs.store import store
from tests.delivery.runs import stories
from tests.doors.request_verbs import WHY
from tests.doors.verbs import Call, Verb, typed
from tests.factories import House
from tests.histories import request_in_state

TITLE = "Tell the service desk"


def ready(house: House) -> Step:
    return stories.step(stories.running(house, stories.by_hand(house, TITLE, "Look at it")), TITLE)


def claimed(house: House) -> Step:
    return services.take_step(actor=house.cast.operator, step=ready(house))


def undecided(house: House) -> Step:
    step = ready(house)
    return stories.failed(step.run, TITLE, house.cast.operator)


def passed(house: House) -> Step:
    """Over, while another step that waits for it is ready."""
    run = stories.running(house, stories.by_hand(house, TITLE, "Look at it"))
    stories.done(run, TITLE, house.cast.operator)
    return stories.step(run, TITLE)


def of_unknown_outcome(house: House) -> Step:
    """On a protected environment; Olga wants to try it again."""
    item = ItemDraft(component=house.claims_web, version=house.version(house.claims_web))
    run = stories.running(house, request_in_state(house, RequestState.APPROVED, items=[item]))
    step = run.steps.get(kind="automated", state="ready")
    claim = worker.claim_step(step.pk, step.token)
    assert claim is not None and store().record_intent(claim, 60)
    endings.finish(claim, Unknown("The worker went silent."))
    return Step.objects.get(pk=step.pk)


def asked(house: House) -> Step:
    return services.retry_step(actor=house.cast.operator, step=of_unknown_outcome(house), reason=WHY)


def decided_alone(house: House) -> Step:
    step = asked(house)
    step.confirmations.update(until=clock.now() - timedelta(minutes=1))
    return services.confirm_step(actor=house.cast.operator, step=step, reason=WHY)


def with_version(service: Callable[..., Any], **values: Any) -> Callable[[Call], Any]:
    return lambda call: service(**call.asked, **values)


def noted(service: Callable[..., Any]) -> dict[str, Any]:
    return {
        "service": with_version(service, note="Seen."),
        "page": typed(note="Seen."),
        "api": typed(note="Seen."),
    }


def reasoned(service: Callable[..., Any]) -> dict[str, Any]:
    return {"service": with_version(service, reason=WHY), "page": typed(reason=WHY), "api": typed(reason=WHY)}


def to_theo_of_claims(call: Call) -> dict[str, Any]:
    return {"reason": WHY, "to": call.house.cast.teammate.pk, "team": call.house.cast.claims.pk}


def reassign(call: Call) -> Step:
    cast = call.house.cast
    return services.reassign_step(**call.asked, to=cast.teammate, team=cast.claims, reason=WHY)


STEP_VERBS = [
    Verb("step.take", "step.taken", "operator", ready, with_version(services.take_step), "claimed"),
    Verb(
        "step.hand_back", "step.handed_back", "operator", claimed,
        with_version(services.hand_back_step, reason=WHY), "ready", typed(reason=WHY), typed(reason=WHY),
    ),
    Verb(
        "step.reassign", "step.reassigned", "operator", claimed, reassign, "ready",
        to_theo_of_claims, typed(reason=WHY, to="theo", team="claims"),
    ),
    Verb("step.done", "step.done", "operator", claimed, state="succeeded", **noted(services.done_step)),
    Verb("step.failed", "step.failed", "operator", claimed, state="needs_decision", **noted(services.failed_step)),
    Verb("step.retry", "step.retried", "operator", undecided, state="ready", **reasoned(services.retry_step)),
    Verb(
        "step.retry_from", "step.retried_from", "operator", passed, state="ready",
        **reasoned(services.retry_from_step),
    ),
    Verb("step.confirm", "step.confirmed", "release_manager", asked, state="ready", **reasoned(services.confirm_step)),
    Verb(
        "step.decline", "step.declined", "operator", asked, state="needs_decision", **reasoned(services.decline_step),
    ),
    Verb(
        "step.review", "step.reviewed", "release_manager", decided_alone, state="ready",
        **reasoned(services.review_step),
    ),
    Verb("step.skip", "step.skipped", "operator", undecided, state="skipped", **reasoned(services.skip_step)),
    Verb(
        "step.take_over", "step.taken_over", "operator", undecided, state="claimed",
        **reasoned(services.take_over_step),
    ),
    Verb(
        "step.mark_done", "step.marked_done", "operator", undecided, state="succeeded",
        **reasoned(services.mark_done_step),
    ),
    Verb(
        "step.mark_failed", "step.marked_failed", "operator", undecided, state="failed",
        **reasoned(services.mark_failed_step),
    ),
]  # fmt: skip
