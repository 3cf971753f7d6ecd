"""The lifecycle of a request as a full table: every verb in every state, as a transition and as a service."""

from collections.abc import Callable

import pytest
from django_fsm import TransitionNotAllowed

from releaseorch.audit.models import Event
from releaseorch.core.errors import Conflict
from releaseorch.delivery import services
from releaseorch.delivery.drafts import ItemDraft, RequestChanges
from releaseorch.delivery.models import Approval, DeploymentRequest
from releaseorch.delivery.states import REQUEST_FINAL, REQUEST_MOVES
from releaseorch.delivery.states import RequestState as R
from releaseorch.waiting import ledger
from tests.factories import House
from tests.histories import request_in_state

pytestmark = pytest.mark.django_db

# verb → (from, to); what isn't here is refused
ALLOWED: dict[str, tuple[set[R], R]] = {
    "submit": ({R.DRAFT, R.SENT_BACK}, R.SUBMITTED),
    "approve": ({R.SUBMITTED}, R.APPROVED),
    "send_back": ({R.SUBMITTED}, R.SENT_BACK),
    "reopen": ({R.APPROVED, R.PLANNED}, R.SUBMITTED),
    "plan": ({R.APPROVED}, R.PLANNED),
    "unplan": ({R.PLANNED}, R.APPROVED),
    "deploy": ({R.PLANNED}, R.DEPLOYING),
    "complete": ({R.DEPLOYING}, R.DEPLOYED),
    "complete_with_exceptions": ({R.DEPLOYING}, R.DEPLOYED_WITH_EXCEPTIONS),
    "fail": ({R.DEPLOYING}, R.FAILED),
    "carry_over": ({R.DEPLOYING}, R.APPROVED),
    "retry": ({R.FAILED}, R.APPROVED),
    "reject": ({R.SUBMITTED, R.SENT_BACK, R.APPROVED, R.PLANNED}, R.REJECTED),
    "withdraw": ({R.DRAFT, R.SUBMITTED, R.SENT_BACK, R.APPROVED, R.PLANNED, R.FAILED}, R.WITHDRAWN),
    "expire": ({R.DRAFT, R.SUBMITTED, R.SENT_BACK, R.APPROVED, R.PLANNED}, R.EXPIRED),
    "supersede": ({R.DRAFT, R.SUBMITTED, R.SENT_BACK, R.APPROVED, R.PLANNED}, R.SUPERSEDED),
}


def test_the_table_names_every_verb() -> None:
    assert set(ALLOWED) == set(REQUEST_MOVES)


@pytest.mark.parametrize("state", list(R))
@pytest.mark.parametrize("verb", ALLOWED)
def test_a_transition_is_possible_from_its_sources_only(verb: str, state: R) -> None:
    request = DeploymentRequest(state=state)
    sources, target = ALLOWED[verb]
    if state in sources:
        getattr(request, verb)()
        assert request.state == target
    else:
        with pytest.raises(TransitionNotAllowed):
            getattr(request, verb)()
        assert request.state == state


Service = Callable[[House, DeploymentRequest], object]
SERVICES: dict[str, Service] = {
    "submit": lambda house, one: services.submit_request(actor=house.cast.developer, request=one),
    "approve": lambda house, one: services.approve_request(actor=house.cast.release_manager, request=one),
    "send_back": lambda house, one: services.send_back_request(
        actor=house.cast.release_manager, request=one, reason="Say more."
    ),
    "reject": lambda house, one: services.reject_request(
        actor=house.cast.release_manager, request=one, reason="Not this year."
    ),
    "withdraw": lambda house, one: services.withdraw_request(
        actor=house.cast.developer, request=one, reason="Not wanted."
    ),
    "retry": lambda house, one: services.retry_request(
        actor=house.cast.release_manager, request=one, reason="The disk was full."
    ),
}
PAST = {"submit": "submitted", "approve": "approved", "send_back": "sent_back", "reject": "rejected",
        "withdraw": "withdrawn", "retry": "retried"}  # fmt: skip


@pytest.mark.parametrize("state", list(R))
@pytest.mark.parametrize("verb", SERVICES)
def test_a_service_moves_and_tells_audit_once_or_changes_nothing(house: House, verb: str, state: R) -> None:
    request = request_in_state(house, state)
    events, verdicts = Event.objects.count(), Approval.objects.count()
    sources, target = ALLOWED[verb]
    if state in sources:
        SERVICES[verb](house, request)
        request = DeploymentRequest.objects.get(pk=request.pk)
        assert request.state == target
        assert request.run is None or target in {R.DEPLOYED, R.FAILED} or state == R.FAILED
        newest = Event.objects.filter(subject_kind="request").order_by("-id")[0]
        assert (newest.verb, newest.after["state"]) == (f"request.{PAST[verb]}", target)
        assert Event.objects.filter(subject_kind="request", verb=f"request.{PAST[verb]}", id__gt=0).exists()
    else:
        with pytest.raises(Conflict, match=str(R(state).label)):
            SERVICES[verb](house, request)
        assert DeploymentRequest.objects.get(pk=request.pk).state == state
        assert (Event.objects.count(), Approval.objects.count()) == (events, verdicts)


@pytest.mark.parametrize("state", list(R))
def test_editing_content_is_possible_before_deploying(house: House, state: R) -> None:
    request = request_in_state(house, state)
    newer = house.version(house.claims_web, "2.0.1")
    changes = RequestChanges(items=[ItemDraft(component=house.claims_web, version=newer)])

    def edit() -> None:
        services.edit_request(actor=house.cast.developer, request=request, changes=changes)

    if state in {R.DRAFT, R.SUBMITTED, R.SENT_BACK, R.APPROVED, R.PLANNED}:
        edit()
        falls = state in {R.APPROVED, R.PLANNED}
        assert DeploymentRequest.objects.get(pk=request.pk).state == (R.SUBMITTED if falls else state)
    else:
        with pytest.raises(Conflict):
            edit()
        assert request.items.get().version != newer


@pytest.mark.parametrize("state", list(R))
def test_what_is_not_over_waits_for_exactly_one_thing(house: House, state: R) -> None:
    request = request_in_state(house, state)
    wait = ledger.open_waits("request", [request.pk]).get(request.pk)
    if state in REQUEST_FINAL:
        assert wait is None
    else:
        assert wait is not None
        assert wait.sentence and wait.blocker_name


@pytest.mark.parametrize(
    ("state", "kind", "name"),
    [
        (R.DRAFT, "person", "Dana Brandt"),
        (R.SUBMITTED, "role", "Release manager"),
        (R.SENT_BACK, "person", "Dana Brandt"),
        (R.APPROVED, "role", "Release manager"),
        (R.PLANNED, "run", "Saturday"),
        (R.DEPLOYING, "run", "Saturday"),
        (R.FAILED, "person", "Dana Brandt"),
    ],
)
def test_who_must_act_follows_the_state(house: House, state: R, kind: str, name: str) -> None:
    request = request_in_state(house, state)
    wait = ledger.open_waits("request", [request.pk])[request.pk]
    assert wait.blocker_kind == kind
    assert wait.blocker_name.startswith(name)


def test_waits_follow_each_other_without_a_gap(house: House) -> None:
    request = request_in_state(house, R.DEPLOYED)
    waits = ledger.history("request", request.pk)
    assert [wait.ended_at for wait in waits[:-1]] == [wait.started_at for wait in waits[1:]]
    assert waits[-1].ended_at is not None
