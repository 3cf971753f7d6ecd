"""The verbs of steps."""

from collections.abc import Callable
from typing import Any

from releaseorch.runs import services
from releaseorch.runs.models import Step
from tests.delivery.runs import stories
from tests.doors.request_verbs import WHY
from tests.doors.verbs import Call, Verb, typed
from tests.factories import House

TITLE = "Tell the service desk"


def ready(house: House) -> Step:
    return stories.step(stories.running(house, stories.by_hand(house, TITLE, "Look at it")), TITLE)


def claimed(house: House) -> Step:
    return services.take_step(actor=house.cast.operator, step=ready(house))


def undecided(house: House) -> Step:
    step = ready(house)
    return stories.failed(step.run, TITLE, house.cast.operator)


def with_version(service: Callable[..., Any], **values: Any) -> Callable[[Call], Any]:
    return lambda call: service(**call.asked, **values)


def finish(outcome: str) -> dict[str, Any]:
    """Pages have an address per outcome, the API one for both."""
    return {
        "service": with_version(services.finish_step, outcome=outcome, note="Seen."),
        "page": typed(note="Seen."),
        "api": typed(note="Seen.", outcome=outcome),
        "api_path": "steps/{pk}/finish",
    }


def decision(kind: str) -> dict[str, Any]:
    """The same with the choices for a step that needs a decision."""
    return {
        "service": with_version(services.decide_step, kind=kind, reason=WHY),
        "page": typed(reason=WHY),
        "api": typed(reason=WHY, kind=kind),
        "api_path": "steps/{pk}/decide",
    }


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
    Verb("step.done", "step.done", "operator", claimed, state="succeeded", **finish("done")),
    Verb("step.failed", "step.failed", "operator", claimed, state="needs_decision", **finish("failed")),
    Verb("step.retry", "step.retried", "operator", undecided, state="ready", **decision("retry")),
    Verb("step.skip", "step.skipped", "operator", undecided, state="skipped", **decision("skip")),
    Verb("step.take_over", "step.taken_over", "operator", undecided, state="claimed", **decision("take_over")),
    Verb("step.mark_done", "step.marked_done", "operator", undecided, state="succeeded", **decision("mark_done")),
    Verb("step.mark_failed", "step.marked_failed", "operator", undecided, state="failed", **decision("mark_failed")),
]  # fmt: skip
