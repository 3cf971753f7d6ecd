"""Of restricted applications everybody sees states; logs and evidence are for their team and operators."""

from collections.abc import Callable

from django.test import Client

from releaseorch.accounts.models import Person
from releaseorch.delivery import services
from releaseorch.runs import engine
from releaseorch.runs import services as runs
from releaseorch.runs.models import Attempt, Step
from tests.api.conftest import Programs
from tests.factories import House
from tests.histories import request_in_state
from tests.runs import builders as a


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


def test_of_a_restricted_step_everybody_sees_the_state_but_not_what_was_said(
    house: House, program: Programs, door: Callable[[Person], Client]
) -> None:
    house.claims.is_restricted = True
    house.claims.save()
    manual = a.manual("check", team_id=house.cast.claims.pk, component_id=house.claims_web.pk)
    run = a.running_run(house.cast.release_manager, manual)
    step = runs.take_step(actor=house.cast.developer, step=a.step(run, "check"))
    runs.done_step(actor=house.cast.developer, step=step, note="very private")
    attempt = a.last_attempt(run, "check")
    Attempt.objects.filter(pk=attempt.pk).update(external_id="very private", outputs={"x": "very private"})
    paths = (f"steps/{step.pk}", f"attempts/{attempt.pk}")

    other = program(house.cast.other_developer)
    shown = other.read(paths[0]).data
    assert (shown["state"], shown["attempts"][0]["state"]) == ("succeeded", "succeeded")
    assert "Claims" in shown["closed"]
    answers = [*map(other.read, (*paths, "events")), door(house.cast.other_developer).get("/audit")]
    assert [answer.status_code for answer in answers] == [200] * 4
    for answer in answers:
        assert "very private" not in answer.content.decode()
    assert '"step.done"' in answers[2].content.decode()

    for path, times in zip(paths, (4, 3), strict=True):  # the step has it in its evidence, too
        own = program(house.cast.developer).read(path)
        assert own.content.decode().count("very private") == times
        assert own.data.get("closed", "") == ""
