"""Of restricted applications everybody sees states; logs and evidence are for their team and operators."""

from releaseorch.delivery import services
from releaseorch.runs import engine
from releaseorch.runs import services as runs
from releaseorch.runs.models import Attempt, Step
from tests.api.conftest import Programs
from tests.factories import House
from tests.histories import request_in_state


def finished_step(house: House) -> Step:
    house.claims.is_restricted = True
    house.claims.save()
    request = request_in_state(house, "approved")
    run = services.compose_run(actor=house.cast.release_manager, requests=[request])
    services.propose_run(actor=house.cast.release_manager, run=run)
    services.approve_run(actor=house.cast.second_manager, run=run)
    runs.start_run(actor=house.cast.second_manager, run=run)
    step = Step.objects.filter(run=run, state="ready", kind="automated", component__isnull=False).first()
    assert step is not None
    engine.run_step(step.pk, step.token)
    return step


def test_a_restricted_log_is_closed_with_whom_to_ask(house: House, program: Programs) -> None:
    attempt = Attempt.objects.get(step=finished_step(house))
    refused = program(house.cast.other_developer).read(f"attempts/{attempt.pk}/log")
    assert refused.status_code == 403
    assert "Claims" in refused.data["detail"]
    assert program(house.cast.developer).read(f"attempts/{attempt.pk}/log").status_code == 200
    assert program(house.cast.operator).read(f"attempts/{attempt.pk}/log").status_code == 200


def test_the_state_of_a_restricted_step_is_open(house: House, program: Programs) -> None:
    step = finished_step(house)
    shown = program(house.cast.other_developer).read(f"steps/{step.pk}").data
    assert shown["state"] == "succeeded"
    assert shown["evidence"] == []
    assert "Claims" in shown["closed"]
    assert program(house.cast.developer).read(f"steps/{step.pk}").data["closed"] == ""
