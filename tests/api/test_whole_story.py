"""The whole job through the API alone: file, submit, approve, compose, propose, approve, start, carry out."""

from releaseorch.audit.models import Event
from releaseorch.environments.models import Installation
from releaseorch.runs import engine
from releaseorch.runs.models import Step
from tests.api.conftest import Programs
from tests.factories import House


def test_a_request_reaches_its_environment_through_the_api_alone(house: House, program: Programs) -> None:
    version = house.version(house.portal_front, "12.4.0")
    dana, rita, sven, olga = (
        program(person)
        for person in (
            house.cast.developer,
            house.cast.release_manager,
            house.cast.second_manager,
            house.cast.operator,
        )
    )

    filed = dana.call(
        "requests",
        {
            "application": "customer-portal",
            "environment": "integration",
            "items": [{"component_id": house.portal_front.pk, "version_id": version.pk}],
        },
    )
    assert filed.status_code == 201, filed.data
    number = filed.data["id"]
    assert dana.call(f"requests/{number}/submit").data["state"] == "submitted"
    assert rita.call(f"requests/{number}/approve", {"comment": "Fine."}).data["state"] == "approved"

    run = rita.call("runs", {"requests": [number], "title": "Portal to Integration"})
    assert run.status_code == 201, run.data
    run_id = run.data["id"]
    assert rita.call(f"runs/{run_id}/propose").data["state"] == "proposed"
    refused = rita.call(f"runs/{run_id}/approve")
    assert refused.status_code == 403
    assert refused.data["reason"] == "not_allowed"
    assert sven.call(f"runs/{run_id}/approve").data["state"] == "approved"
    assert sven.call(f"runs/{run_id}/start").data["state"] == "running"

    steps = olga.read("steps", run=run_id, state="ready").data["results"]
    assert [step["kind"] for step in steps] == ["manual"]
    by_hand = steps[0]["id"]
    assert olga.call(f"steps/{by_hand}/take").data["state"] == "claimed"
    done = olga.call(f"steps/{by_hand}/done", {"note": "Told them, post 8841."})
    assert done.data["state"] == "succeeded", done.data

    automated = Step.objects.get(run_id=run_id, kind="automated")
    engine.run_step(automated.pk, automated.token)

    there = Installation.objects.get(environment=house.integration, component=house.portal_front, until=None)
    assert there.version == version
    shown = olga.read("inventory", environment="integration", now="true").data["results"]
    assert [(row["component"]["name"], row["version"]) for row in shown] == [("portal-front", "12.4.0")]
    verbs = set(Event.objects.values_list("verb", flat=True))
    assert {"request.submitted", "request.approved", "run.proposed", "run.approved", "run.started"} <= verbs


def test_one_sees_what_may_be_done_and_why_not(house: House, program: Programs) -> None:
    version = house.version(house.claims_web)
    dana = program(house.cast.developer)
    filed = dana.call(
        "requests",
        {
            "application": "claims",
            "environment": "integration",
            "items": [{"component_id": house.claims_web.pk, "version_id": version.pk}],
        },
    )
    dana.call(f"requests/{filed.data['id']}/submit")
    actions = {one["verb"]: one for one in dana.read(f"requests/{filed.data['id']}").data["actions"]}
    assert not actions["approve"]["allowed"]
    assert actions["approve"]["why_not"]
    assert actions["withdraw"]["allowed"]
