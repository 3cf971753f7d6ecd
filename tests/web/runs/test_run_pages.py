"""What the pages of runs show: lists, plans with what is wrong with them, live runs, and nothing for nobody."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.states import RequestState
from releaseorch.runs import services
from releaseorch.runs.models import DeploymentRun
from tests.factories import House
from tests.histories import bare_run, request_in_state, run_in_state
from tests.runs import builders
from tests.web.runs import stage

HOSTILE = "<script>alert(1)</script>{{7*7}}"


def queries(client, path: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(path).status_code == 200
    return len(found)


def test_nothing_yet_says_what_would_be_here(house: House, door) -> None:
    client = door(house.cast.release_manager)
    assert "There is no run yet." in client.get("/runs").content.decode()
    assert "No approved request is free." in client.get("/runs/new").content.decode()
    assert client.get("/runs/1").status_code == client.get("/steps/1").status_code == 404


def test_the_list_is_filtered_and_paged_without_gap_or_double(house: House, door) -> None:
    client = door(house.cast.developer)
    runs = [bare_run(house, house.production) for _ in range(60)]
    other = run_in_state(house, "running")
    seen, cursor = [], ""
    while True:
        page = client.get("/runs", {"cursor": cursor, "show": "planned"}).context["page"]
        seen += [row.run.pk for row in page.items]
        if not page.older:
            break
        cursor = page.older
    assert seen == [run.pk for run in reversed(runs)]
    live = client.get("/runs", {"show": "live", "environment": house.production.pk}).context["rows"]
    assert [row.run.pk for row in live] == [other.pk]
    assert "No run fits." in client.get("/runs", {"environment": house.development.pk}).content.decode()
    assert client.get("/runs", {"cursor": "x-1"}).status_code == 422
    assert client.get("/runs", {"environment": "x"}).status_code == 400


def test_requests_that_cannot_be_grouped_are_named_and_the_others_stay_chosen(house: House, door) -> None:
    good, late = stage.request_by_hand(house), request_in_state(house, RequestState.SUBMITTED)
    client = door(house.cast.release_manager)
    answer = client.post("/runs/new", {"request": [good.pk, late.pk], "title": "Night of nights"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert f"#{late.pk}" in page
    assert "only approved requests go into a run" in page
    assert 'value="Night of nights"' in page
    assert stage.form(answer, "/runs/new").values["request"] == [str(good.pk)]
    assert not DeploymentRun.objects.exists()


def test_composing_nothing_is_refused_in_words(house: House, door) -> None:
    answer = door(house.cast.release_manager).post("/runs/new", {})
    assert answer.status_code == 422
    assert "Select at least one approved request." in answer.content.decode()


def test_a_conflict_in_a_plan_says_what_would_help_and_stops_the_proposal(house: House, door) -> None:
    versions = [house.version(house.claims_web, text) for text in ("2.1.0", "2.2.0")]
    requests = [
        request_in_state(
            house, RequestState.APPROVED, items=[ItemDraft(component=house.claims_web, version=one)]
        )
        for one in versions
    ]
    run = run_in_state(house, "draft", requests=requests)
    client = door(house.cast.release_manager)
    answer = client.get(f"/runs/{run.pk}")
    page = answer.content.decode()
    assert "claims-web is asked for in 2 ways" in page
    assert "take the other request out" in page
    refused = client.post(f"/runs/{run.pk}/propose", {"version": run.row_version})
    assert refused.status_code == 403
    assert "2 ways" in refused.content.decode()


def test_a_plan_shows_why_each_step_stands_where_it_stands(house: House, door) -> None:
    run = stage.run_of(house, "proposed")
    page = door(house.cast.auditor).get(f"/runs/{run.pk}?by=phase").content.decode()
    assert "deploys claims-web 2.0.0" in page
    assert "Release management" in page
    assert "0 / 1" in page


def test_steps_are_filtered_by_how_they_stand(house: House, door) -> None:
    run, step = stage.at_the_manual_step(house)
    client = door(house.cast.developer)
    shown = client.get(f"/runs/{run.pk}?show=person").context["groups"]
    assert [row.step.pk for group in shown for row in group.rows] == [step.pk]
    settled = client.get(f"/runs/{run.pk}?show=settled&by=layer").context["groups"]
    assert [row.step.pk for group in settled for row in group.rows] == [stage.automated(run).pk]
    assert "No step stands like this now." in client.get(f"/runs/{run.pk}?show=decide").content.decode()
    assert client.get(f"/runs/{run.pk}?show=%3Cb%3E&by=x").status_code == 200


def test_who_must_act_is_said_with_whom_to_call(house: House, door) -> None:
    run, step = stage.at_a_decision(house)
    page = door(house.cast.operator).get(f"/runs/{run.pk}").content.decode()
    assert f'id="decide-{step.pk}"' in page
    assert "Call 4417" in page
    assert "1 step stands still." in page
    assert "nothing or <code>2.0.0</code>" in page
    assert page.index('id="decisions"') < page.index('id="timeline"')


@pytest.mark.parametrize("state", ["draft", "running"])
def test_a_page_costs_the_same_for_few_and_many_steps(house: House, door, state: str) -> None:
    small = run_in_state(house, state, requests=[stage.request_by_hand(house)])
    client = door(house.cast.release_manager)
    few = queries(client, f"/runs/{small.pk}")
    if state == "running":  # else it would hold the component
        services.stop_run(actor=house.cast.release_manager, run=small, reason="Enough.")
    many = [stage.request_by_hand(house, f"Tell desk {n}") for n in range(12)]
    large = run_in_state(house, state, requests=many)
    assert large.steps.count() > 10
    assert queries(client, f"/runs/{large.pk}") <= few + 1


def test_a_very_long_run_brings_only_the_rows_that_are_looked_at(house: House, door) -> None:
    phases = ["prepare", "deploy", "verify"]
    steps = [builders.automated(f"k{n}", phase=phases[n % 3], after=["k0"] if n else []) for n in range(420)]
    run = builders.running_run(house.cast.release_manager, *steps)
    client = door(house.cast.operator)
    page = client.get(f"/runs/{run.pk}").content.decode()
    assert "Show its 140 steps" in page
    assert page.count('<tr id="step-') == 0
    opened = client.get(f"/runs/{run.pk}?open=phase-4").content.decode()
    assert opened.count('<tr id="step-') == 140


def test_a_list_costs_the_same_for_few_and_many_runs(house: House, door) -> None:
    client = door(house.cast.release_manager)
    stage.run_of(house, "draft")
    few = queries(client, "/runs")
    for number in range(5):
        stage.run_of(house, "draft", title=f"Tell desk {number}")
    assert queries(client, "/runs") == few


def test_hostile_texts_are_only_texts(house: House, door) -> None:
    run, step = stage.at_the_manual_step(house)
    services.comment_run(actor=house.cast.developer, run=run, text=HOSTILE)
    taken = services.take_step(actor=house.cast.developer, step=step)
    services.failed_step(actor=house.cast.developer, step=taken, note=HOSTILE, url="https://x.example/?a=<b>")
    client = door(house.cast.operator)
    for path in (f"/runs/{run.pk}", f"/steps/{step.pk}"):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in page
        assert "49" not in page.split("&lt;/script&gt;")[1][:10]
    answer = client.post(f"/runs/{run.pk}/comment", {"text": "a\x00b"})
    assert answer.status_code == 400
    assert client.post(f"/runs/{run.pk}/comment", {"text": "x" * 200_000}).status_code == 422


def test_the_page_names_its_live_parts_and_topic(house: House, door) -> None:
    run, _step = stage.at_the_manual_step(house)
    page = door(house.cast.developer).get(f"/runs/{run.pk}").content.decode()
    assert f'data-topics="run:{run.pk}"' in page
    for part in ("run-state", "run-verbs", "status", "decisions", "timeline", "steps", "comments", "feed"):
        assert page.count(f'id="{part}"') == page.count(f'data-live="#{part}"') == 1


def test_every_live_part_of_a_plan_has_its_successor_once_the_run_has_started(house: House, door) -> None:
    run = stage.run_of(house, "approved")
    client = door(house.cast.release_manager)
    watched = set(re.findall(r'data-live="#([a-z-]+)"', client.get(f"/runs/{run.pk}").content.decode()))
    assert {"run-state", "run-verbs", "status", "body", "beside"} <= watched
    services.start_run(actor=house.cast.release_manager, run=run)
    live = client.get(f"/runs/{run.pk}").content.decode()
    assert [part for part in watched if f'id="{part}"' not in live] == []


def test_ids_on_a_page_are_unique(house: House, door) -> None:
    run, step = stage.at_a_decision(house)
    draft = run_in_state(
        house, "draft", requests=[stage.request_by_hand(house, environment=house.acceptance)]
    )
    client = door(house.cast.release_manager)
    for path in (
        f"/runs/{run.pk}",
        f"/steps/{step.pk}",
        f"/runs/{draft.pk}?step=added-1",
        "/runs",
        "/runs/new",
    ):
        found = re.findall(r'\sid="([^"]+)"', client.get(path).content.decode())
        assert len(found) == len(set(found)), [one for one in found if found.count(one) > 1]


def test_an_ended_run_says_so(house: House, door) -> None:
    run, step = stage.at_the_manual_step(house)
    taken = services.take_step(actor=house.cast.developer, step=step)
    services.done_step(actor=house.cast.developer, step=taken, note="Told them.")
    assert builders.now(run).state == "succeeded"
    page = door(house.cast.auditor).get(f"/runs/{run.pk}").content.decode()
    assert 'data-run-state="succeeded"' in page
    assert "Took" in page


def test_too_many_picked_are_refused_and_not_cut_off(house: House, door) -> None:
    answer = door(house.cast.release_manager).get("/runs/new", {"request": range(1, 502)})
    assert answer.status_code == 400
    assert "At most 500 can be picked at once." in answer.content.decode()
