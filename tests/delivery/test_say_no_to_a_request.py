"""Send back, reject, withdraw: three ways to say no, each with a reason that is kept."""

from collections.abc import Callable

import pytest

from releaseorch.audit.models import Event
from releaseorch.core.errors import Invalid, NotAllowed
from releaseorch.delivery import services
from releaseorch.delivery.models import Approval, DeploymentRequest
from releaseorch.delivery.states import RequestState, Verdict
from releaseorch.runs.states import RunState
from tests.factories import House
from tests.histories import request_in_state, run_in_state

pytestmark = pytest.mark.django_db

VERBS: dict[str, Callable[..., DeploymentRequest]] = {
    "send_back": services.send_back_request,
    "reject": services.reject_request,
    "withdraw": services.withdraw_request,
}


@pytest.mark.parametrize(
    ("verb", "event", "verdicts"),
    [
        ("send_back", "request.sent_back", [Verdict.SENT_BACK]),
        ("reject", "request.rejected", [Verdict.REJECTED]),
        ("withdraw", "request.withdrawn", []),
    ],
)
def test_the_reason_is_kept_on_the_request_and_in_audit(
    house: House, verb: str, event: str, verdicts: list[str]
) -> None:
    request = request_in_state(house, RequestState.SUBMITTED)
    VERBS[verb](actor=house.cast.release_manager, request=request, reason=" Not before summer. ")
    assert DeploymentRequest.objects.get(pk=request.pk).last_reason == "Not before summer."
    assert Event.objects.get(verb=event).reason == "Not before summer."
    assert [one.verdict for one in Approval.objects.all()] == verdicts


@pytest.mark.parametrize(
    "reason", ["", "   ", "x" * 10_001, "a\x00b"], ids=["empty", "blank", "too long", "NUL"]
)
@pytest.mark.parametrize("verb", VERBS)
def test_without_a_reason_that_can_be_kept_nothing_happens(house: House, verb: str, reason: str) -> None:
    request = request_in_state(house, RequestState.SUBMITTED)
    with pytest.raises(Invalid) as refused:
        VERBS[verb](actor=house.cast.release_manager, request=request, reason=reason)
    assert list(refused.value.fields) == ["reason"]
    assert DeploymentRequest.objects.get(pk=request.pk).state == RequestState.SUBMITTED


@pytest.mark.parametrize(
    ("verb", "who"),
    [
        ("send_back", "developer"), ("send_back", "operator"), ("send_back", "robot"), ("send_back", "outsider"),
        ("reject", "developer"), ("reject", "qa"), ("reject", "robot"), ("reject", "auditor"),
        ("withdraw", "other_developer"), ("withdraw", "operator"), ("withdraw", "outsider"),
    ],
)  # fmt: skip
def test_who_may_not_is_refused(house: House, verb: str, who: str) -> None:
    request = request_in_state(house, RequestState.SUBMITTED)
    with pytest.raises(NotAllowed):
        VERBS[verb](actor=getattr(house.cast, who), request=request, reason="No.")


@pytest.mark.parametrize("verb", ["reject", "withdraw"])
@pytest.mark.parametrize("state", [RunState.DRAFT, RunState.PROPOSED, RunState.APPROVED])
def test_the_only_request_of_a_run_takes_the_run_with_it(house: House, verb: str, state: RunState) -> None:
    request = request_in_state(house, RequestState.APPROVED)
    run = run_in_state(house, state, requests=[request])
    request = DeploymentRequest.objects.get(pk=request.pk)
    VERBS[verb](actor=house.cast.release_manager, request=request, reason="Not wanted.")
    run.refresh_from_db()
    request = DeploymentRequest.objects.get(pk=request.pk)
    assert (request.is_final, request.run, run.state) == (True, None, RunState.CANCELLED)
    assert Event.objects.filter(verb="run.cancelled", subject_id=run.pk).count() == 1
