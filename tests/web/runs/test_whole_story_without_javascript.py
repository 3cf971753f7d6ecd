"""From approved requests to a run that is over, with forms alone."""

from releaseorch.environments.models import Installation
from releaseorch.runs.models import DeploymentRun
from tests.factories import House
from tests.runs import builders
from tests.web.runs import stage


def test_a_run_is_composed_proposed_approved_started_and_carried_out(house: House, door) -> None:
    cast = house.cast
    wanted = stage.request_by_hand(house)
    composer, approver, developer = (
        door(cast.release_manager),
        door(cast.second_manager),
        door(cast.developer),
    )

    preview = composer.get(f"/runs/new?request={wanted.pk}")
    assert "What this run would do" in preview.content.decode()
    values = stage.form(preview, "/runs/new").values
    assert values["request"] == [str(wanted.pk)]
    composed = composer.post("/runs/new", values)
    assert composed.status_code == 303
    run = DeploymentRun.objects.get()
    page = composed["Location"]
    assert page == f"/runs/{run.pk}"

    assert stage.press(composer, page, f"{page}/propose").status_code == 303
    assert stage.press(approver, page, f"{page}/approve", comment="Fine.").status_code == 303
    started = stage.press(approver, page, f"{page}/start")
    assert (started.status_code, started["Location"]) == (303, page)
    builders.carry_out(run, stage.automated(run).key)

    step = stage.by_hand(run)
    taken = stage.press(developer, page, f"/steps/{step.pk}/take")
    assert taken["Location"] == f"{page}#step-{step.pk}"
    done = stage.press(developer, page, f"/steps/{step.pk}/done", note="Called 4400, they know.")
    assert done.status_code == 303

    over = developer.get(page).content.decode()
    assert 'data-run-state="succeeded"' in over
    there = Installation.objects.get(component=house.claims_web, environment=house.production, until=None)
    assert there.version is not None
    assert there.version.text == "2.0.0"
    wanted.refresh_from_db()
    assert wanted.run_id == run.pk
