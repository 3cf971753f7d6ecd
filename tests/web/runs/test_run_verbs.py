"""Each verb of a run through its form: the row and the audit event it leaves, or the reason why not."""

from datetime import timedelta

import pytest

from releaseorch.core import clock
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.runs.models import DeploymentRun
from tests.factories import House
from tests.histories import run_in_state
from tests.web.runs import stage

WHY = "Because of the weather."
VERBS = [
    # verb, from, to, event, typed, who
    ("propose", "draft", "proposed", "run.proposed", {}, "release_manager"),
    ("approve", "proposed", "approved", "run.approved", {"comment": "Fine."}, "second_manager"),
    ("send-back", "proposed", "draft", "run.sent_back", {"reason": WHY}, "second_manager"),
    ("reject", "proposed", "rejected", "run.rejected", {"reason": WHY}, "second_manager"),
    ("unlock", "approved", "draft", "run.unlocked", {"reason": WHY}, "release_manager"),
    ("start", "approved", "running", "run.started", {}, "operator"),
    ("cancel", "draft", "cancelled", "run.cancelled", {"reason": WHY}, "release_manager"),
    ("pause", "running", "paused", "run.paused", {"reason": WHY}, "operator"),
    ("resume", "paused", "running", "run.resumed", {}, "operator"),
    ("stop", "running", "stopped", "run.stopped", {"reason": WHY}, "release_manager"),
]


@pytest.mark.parametrize(
    ("verb", "before", "after", "event", "typed", "who"), VERBS, ids=[row[0] for row in VERBS]
)
def test_a_verb_moves_the_run_and_is_recorded(
    house: House, door, verb, before, after, event, typed, who
) -> None:
    run = run_in_state(house, before)
    person = getattr(house.cast, who)
    answer = stage.press(door(person), f"/runs/{run.pk}", f"/runs/{run.pk}/{verb}", **typed)
    assert (answer.status_code, answer["Location"]) == (303, f"/runs/{run.pk}")
    assert DeploymentRun.objects.get(pk=run.pk).state == after
    recorded = stage.last_event("run", run.pk)
    assert (recorded.verb, recorded.actor_id) == (event, person.pk)
    assert recorded.reason == typed.get("reason", typed.get("comment", ""))


def test_a_run_is_scheduled_in_the_window_that_was_typed(house: House, door) -> None:
    run = run_in_state(house, "approved")
    begins = (clock.now() + timedelta(days=2)).replace(second=0, microsecond=0)
    typed = {"window_from": begins.strftime("%Y-%m-%dT%H:%M"), "window_until": ""}
    answer = stage.press(
        door(house.cast.release_manager), f"/runs/{run.pk}", f"/runs/{run.pk}/schedule", **typed
    )
    assert answer.status_code == 303
    run = DeploymentRun.objects.get(pk=run.pk)
    assert (run.state, run.window_from) == ("scheduled", begins)
    assert stage.last_event("run", run.pk).verb == "run.scheduled"


def test_a_comment_stands_on_the_page(house: House, door) -> None:
    run = run_in_state(house, "running")
    client = door(house.cast.developer)
    stage.press(client, f"/runs/{run.pk}", f"/runs/{run.pk}/comment", text="I am at my desk.")
    assert "I am at my desk." in client.get(f"/runs/{run.pk}").content.decode()
    assert stage.last_event("run", run.pk).verb == "run.commented"


def test_a_request_is_taken_out(house: House, door) -> None:
    first, second = stage.request_by_hand(house), stage.request_by_hand(house, "Tell somebody else")
    run = run_in_state(house, "draft", requests=[first, second])
    client = door(house.cast.release_manager)
    values = {"request": second.pk, "reason": WHY, "version": run.row_version}
    assert client.post(f"/runs/{run.pk}/take-out", values).status_code == 303
    assert DeploymentRequest.objects.get(pk=second.pk).run_id is None
    event = stage.last_event("run", run.pk)
    assert (event.verb, event.reason) == ("run.request_taken_out", WHY)


@pytest.mark.parametrize(
    "verb", ["propose", "approve", "start", "pause", "cancel", "stop", "send-back", "unlock"]
)
def test_a_stale_form_is_answered_with_the_new_state(house: House, door, verb: str) -> None:
    run = run_in_state(house, "proposed")
    values = {"version": run.row_version - 1, "reason": WHY}
    answer = door(house.cast.second_manager).post(f"/runs/{run.pk}/{verb}", values)
    assert answer.status_code == 409
    assert f"/runs/{run.pk}" in answer.content.decode()
    assert DeploymentRun.objects.get(pk=run.pk).state == "proposed"


def test_who_composed_a_run_reads_why_somebody_else_approves_it(house: House, door) -> None:
    run = run_in_state(house, "proposed")
    client = door(house.cast.release_manager)
    page = client.get(f"/runs/{run.pk}").content.decode()
    assert "somebody else approves it" in page
    answer = client.post(f"/runs/{run.pk}/approve", {"version": run.row_version})
    assert answer.status_code == 403
    assert "somebody else approves it" in answer.content.decode()


def test_who_has_no_role_reads_who_may(house: House, door) -> None:
    run = run_in_state(house, "approved")
    client = door(house.cast.outsider)
    assert "release manager" in client.get(f"/runs/{run.pk}").content.decode()
    answer = client.post(f"/runs/{run.pk}/start", {"version": run.row_version})
    assert answer.status_code == 403
    assert "operator" in answer.content.decode()


def test_a_reason_that_says_nothing_comes_back_in_its_open_form(house: House, door) -> None:
    run = run_in_state(house, "proposed")
    answer = door(house.cast.second_manager).post(
        f"/runs/{run.pk}/send-back", {"version": run.row_version, "reason": "  "}
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert '<details class="verb popover" name="verbs" open>' in page
    assert DeploymentRun.objects.get(pk=run.pk).state == "proposed"


def test_looking_at_a_verb_does_nothing(house: House, door) -> None:
    run = run_in_state(house, "approved")
    assert door(house.cast.operator).get(f"/runs/{run.pk}/start").status_code == 405
