"""From what a procedure says of decisions, by environment, to its preview, the plan, the buttons and the API."""

from releaseorch.runs.models import Step
from tests.api.conftest import program as program  # a fixture
from tests.factories import House
from tests.web.runs import stage
from tests.web.runs.test_machine_retries import said


def test_what_the_procedure_says_holds_at_every_door(house: House, door, program) -> None:
    first = house.claims_web.procedure.steps.first()
    place = stage.request_by_hand(house).environment
    first.decisions = {"skip": "never", "environments": {place.slug: {"skip": "release_manager"}}}
    first.save()
    shown = said(door, house.cast.release_manager, f"/procedures/{house.claims_web.procedure_id}")
    assert "Skip – never" in shown
    assert f"{place.slug}: Skip – release manager" in shown
    run, step = stage.at_a_decision(house)
    assert step.decision_rules == {"skip": "release_manager"}
    first.decisions = {}
    first.save()  # what was approved holds
    sentence = f"In {place} “Skip” is left to one role, says the procedure of this step: release manager."
    operator = door(house.cast.operator)
    for path in (f"/steps/{step.pk}", f"/runs/{run.pk}"):
        page = said(door, house.cast.operator, path)
        assert sentence in page
        assert 'value="skip" required disabled' in page
    assert "Skip – release manager" in said(door, house.cast.operator, f"/steps/{step.pk}")
    answer = operator.post(
        f"/steps/{step.pk}/decide", {"kind": "skip", "reason": "Enough.", "version": step.row_version}
    )
    assert answer.status_code == 403
    assert sentence in answer.content.decode()
    api = program(house.cast.operator)
    refused = api.call(f"steps/{step.pk}/skip", {"version": step.row_version, "reason": "Enough."})
    assert refused.status_code == 403
    assert sentence in refused.content.decode()
    assert api.read(f"steps/{step.pk}").json()["decision_rules"] == {"skip": "release_manager"}
    assert Step.objects.get(pk=step.pk).state == "needs_decision"
