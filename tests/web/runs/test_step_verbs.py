"""Each verb of a step through its form: taken, handed back, given on, done, failed, decided."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from releaseorch.runs.models import Decision, Evidence, Step
from tests.factories import House
from tests.web.runs import stage

WHY = "The certificate is new."


def test_a_step_is_taken_and_handed_back(house: House, door) -> None:
    run, step = stage.at_the_manual_step(house)
    client = door(house.cast.developer)
    stage.press(client, f"/steps/{step.pk}", f"/steps/{step.pk}/take")
    now = Step.objects.get(pk=step.pk)
    assert (now.state, now.owner) == ("claimed", house.cast.developer)
    assert stage.last_event("step", step.pk).verb == "step.taken"
    stage.press(client, f"/runs/{run.pk}", f"/steps/{step.pk}/hand-back", reason=WHY)
    now = Step.objects.get(pk=step.pk)
    assert (now.state, now.owner) == ("ready", None)
    event = stage.last_event("step", step.pk)
    assert (event.verb, event.reason) == ("step.handed_back", WHY)


def test_a_step_is_given_to_somebody(house: House, door) -> None:
    _run, step = stage.at_the_manual_step(house)
    typed = {"to": str(house.cast.teammate.pk), "reason": WHY}
    stage.press(door(house.cast.operator), f"/steps/{step.pk}", f"/steps/{step.pk}/reassign", **typed)
    assert Step.objects.get(pk=step.pk).owner == house.cast.teammate
    assert stage.last_event("step", step.pk).verb == "step.reassigned"


def test_a_step_is_done_with_a_note_a_link_and_a_file(house: House, door, settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path
    _run, step = stage.at_the_manual_step(house)
    client = door(house.cast.developer)
    stage.press(client, f"/steps/{step.pk}", f"/steps/{step.pk}/take")
    file = SimpleUploadedFile("proof.html", b"<script>alert(1)</script>", "text/html")
    typed = {"note": "Told them.", "url": "https://wiki.example/desk", "file": file}
    answer = stage.press(client, f"/steps/{step.pk}", f"/steps/{step.pk}/done", **typed)
    assert answer.status_code == 303
    assert Step.objects.get(pk=step.pk).state == "succeeded"
    proof = Evidence.objects.get(step=step)
    assert (proof.note, proof.url, proof.file_name) == (
        "Told them.",
        "https://wiki.example/desk",
        "proof.html",
    )
    assert stage.last_event("step", step.pk).verb == "step.done"
    page = client.get(f"/steps/{step.pk}").content.decode()
    assert "Told them." in page
    saved = client.get(f"/evidence/{proof.pk}/file")
    assert saved.content == b"<script>alert(1)</script>"
    assert saved["Content-Type"] == "application/octet-stream"
    assert saved["Content-Disposition"] == 'attachment; filename="proof.html"'
    assert saved["X-Content-Type-Options"] == "nosniff"
    assert saved["Content-Security-Policy"].startswith("sandbox")


def test_a_file_that_is_too_large_is_refused_in_words_and_nothing_is_lost(house: House, door) -> None:
    _run, step = stage.at_the_manual_step(house)
    client = door(house.cast.developer)
    stage.press(client, f"/steps/{step.pk}", f"/steps/{step.pk}/take")
    file = SimpleUploadedFile("big.bin", b"0" * (10 * 1024 * 1024 + 1))
    answer = stage.press(
        client, f"/steps/{step.pk}", f"/steps/{step.pk}/done", note="A long note.", file=file
    )
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "A file may have up to 10 MB" in page
    assert "A long note." in page
    assert Step.objects.get(pk=step.pk).state == "claimed"


def test_a_step_done_without_a_word_comes_back(house: House, door) -> None:
    _run, step = stage.at_the_manual_step(house)
    client = door(house.cast.developer)
    stage.press(client, f"/steps/{step.pk}", f"/steps/{step.pk}/take")
    answer = stage.press(
        client, f"/steps/{step.pk}", f"/steps/{step.pk}/done", note=" ", url="https://x.example/1"
    )
    assert answer.status_code == 422
    assert "https://x.example/1" in answer.content.decode()


def test_a_step_that_failed_by_hand_needs_a_decision(house: House, door) -> None:
    _run, step = stage.at_the_manual_step(house)
    client = door(house.cast.developer)
    stage.press(client, f"/steps/{step.pk}", f"/steps/{step.pk}/take")
    stage.press(client, f"/steps/{step.pk}", f"/steps/{step.pk}/failed", note="Nobody answers.")
    assert Step.objects.get(pk=step.pk).state == "needs_decision"
    assert stage.last_event("step", step.pk).verb == "step.failed"


DECISIONS = [
    ("retry", "ready", "step.retried"),
    ("skip", "skipped", "step.skipped"),
    ("take_over", "claimed", "step.taken_over"),
    ("mark_done", "succeeded", "step.marked_done"),
    ("mark_failed", "failed", "step.marked_failed"),
]


@pytest.mark.parametrize(("kind", "state", "event"), DECISIONS, ids=[row[0] for row in DECISIONS])
def test_a_decision_is_one_of_the_choices_of_one_form(
    house: House, door, kind: str, state: str, event: str
) -> None:
    run, step = stage.at_a_decision(house)
    assert step.state == "needs_decision"
    answer = stage.press(
        door(house.cast.operator), f"/runs/{run.pk}", f"/steps/{step.pk}/decide", kind=kind, reason=WHY
    )
    assert (answer.status_code, answer["Location"]) == (303, f"/runs/{run.pk}#step-{step.pk}")
    assert Step.objects.get(pk=step.pk).state == state
    decision = Decision.objects.get(step=step)
    assert (decision.kind, decision.reason, decision.actor) == (kind, WHY, house.cast.operator)
    recorded = stage.last_event("step", step.pk)
    assert (recorded.verb, recorded.reason) == (event, WHY)


@pytest.mark.parametrize(("kind", "state", "event"), DECISIONS, ids=[row[0] for row in DECISIONS])
def test_each_decision_has_an_address_of_its_own(
    house: House, door, kind: str, state: str, event: str
) -> None:
    _run, step = stage.at_a_decision(house)
    values = {"version": step.row_version, "reason": WHY}
    answer = door(house.cast.operator).post(f"/steps/{step.pk}/{kind.replace('_', '-')}", values)
    assert answer.status_code == 303
    assert Step.objects.get(pk=step.pk).state == state
    assert stage.last_event("step", step.pk).verb == event


def test_a_step_that_is_over_begins_again_from_its_page(house: House, door) -> None:
    _run, by_hand = stage.at_the_manual_step(house)
    step = stage.automated(by_hand.run)
    client = door(house.cast.operator)
    page = client.get(f"/steps/{step.pk}").content.decode()
    assert f"Begins again: {step}, {by_hand}. Not declared safe to repeat: {step}." in page
    answer = stage.press(client, f"/steps/{step.pk}", f"/steps/{step.pk}/retry-from", reason=WHY)
    assert answer.status_code == 303
    states = Step.objects.filter(run=by_hand.run).values_list("pk", "state")
    assert dict(states) == {step.pk: "ready", by_hand.pk: "pending"}
    assert stage.last_event("step", step.pk).verb == "step.retried_from"


def test_stopping_the_run_is_one_of_the_choices_for_who_may_stop_it(house: House, door) -> None:
    run, step = stage.at_a_decision(house)
    address = f"/steps/{step.pk}/decide"
    run.refresh_from_db()
    values = {"version": step.row_version, "run_version": run.row_version, "kind": "stop", "reason": WHY}
    manager, operator = door(house.cast.release_manager), door(house.cast.operator)
    for page in (f"/runs/{run.pk}", f"/steps/{step.pk}"):
        assert 'value="stop" required>' in manager.get(page).content.decode()
        assert 'value="stop" required disabled>' in operator.get(page).content.decode()
    assert operator.post(address, values).status_code == 403
    assert manager.post(address, {**values, "run_version": run.row_version - 1}).status_code == 409
    assert manager.post(address, {**values, "reason": ""}).status_code == 422
    run.refresh_from_db()
    assert run.state == "running"
    answer = manager.post(address, values)
    assert (answer.status_code, answer["Location"]) == (303, f"/steps/{step.pk}")
    run.refresh_from_db()
    assert (run.state, Step.objects.get(pk=step.pk).state) == ("stopped", "cancelled")
    recorded = stage.last_event("run", run.pk)
    assert (recorded.verb, recorded.reason) == ("run.stopped", WHY)


def test_a_decision_without_choice_or_reason_comes_back_as_it_was_typed(house: House, door) -> None:
    _run, step = stage.at_a_decision(house)
    client = door(house.cast.operator)
    values = {"version": step.row_version, "reason": "Typed with care"}
    nothing = client.post(f"/steps/{step.pk}/decide", values)
    assert nothing.status_code == 422
    assert "Choose what shall happen." in nothing.content.decode()
    assert 'value="Typed with care"' in nothing.content.decode()
    answer = client.post(f"/steps/{step.pk}/decide", {**values, "kind": "skip", "reason": "x"})
    assert answer.status_code == 422
    assert 'value="skip" required checked' in answer.content.decode()
    assert client.post(f"/steps/{step.pk}/decide", {**values, "kind": "explode"}).status_code == 422
    assert Step.objects.get(pk=step.pk).state == "needs_decision"


def test_the_version_that_is_there_must_be_one_of_the_component(house: House, door) -> None:
    _run, step = stage.at_a_decision(house)
    foreign = house.version(house.billing_api, "9.9.9")
    values = {"version": step.row_version, "reason": WHY, "kind": "mark_done", "installed": foreign.pk}
    answer = door(house.cast.operator).post(f"/steps/{step.pk}/decide", values)
    assert answer.status_code == 422
    assert "no version of claims-web" in answer.content.decode()


@pytest.mark.parametrize("verb", ["take", "done", "failed", "hand-back", "reassign", "decide", "retry"])
def test_a_stale_form_changes_nothing(house: House, door, verb: str) -> None:
    _run, step = stage.at_the_manual_step(house)
    values = {
        "version": step.row_version - 1,
        "reason": WHY,
        "note": WHY,
        "kind": "skip",
        "to": house.cast.teammate.pk,
    }
    answer = door(house.cast.operator).post(f"/steps/{step.pk}/{verb}", values)
    assert answer.status_code == 409
    assert Step.objects.get(pk=step.pk).state == "ready"


def test_whoever_may_not_reads_who_may(house: House, door) -> None:
    run, step = stage.at_the_manual_step(house)
    client = door(house.cast.other_developer)
    assert (
        "A member of Claims or an operator takes this step." in client.get(f"/runs/{run.pk}").content.decode()
    )
    answer = client.post(f"/steps/{step.pk}/take", {"version": step.row_version})
    assert answer.status_code == 403
    assert "A member of Claims or an operator" in answer.content.decode()
    assert Step.objects.get(pk=step.pk).state == "ready"


def test_who_may_not_decide_sees_what_happened_and_why_not(house: House, door) -> None:
    run, step = stage.at_a_decision(house)
    page = door(house.cast.developer).get(f"/runs/{run.pk}").content.decode()
    assert "fatal: &lt;b&gt;refused&lt;/b&gt;" in page
    assert "This needs one of the roles operator, release manager here" in page
    values = {"version": step.row_version, "kind": "skip", "reason": WHY}
    assert door(house.cast.developer).post(f"/steps/{step.pk}/decide", values).status_code == 403
