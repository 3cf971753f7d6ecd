"""Edits of a draft's plan through its forms, each with a reason; nothing of it once the plan is fixed."""

import pytest

from releaseorch.accounts.models import Team
from releaseorch.core.choosing import MOST_OFFERED
from releaseorch.delivery.models import PlanEdit
from releaseorch.runs.models import DeploymentRun, Step
from tests.factories import House
from tests.web.runs import stage

WHY = "The desk wants to know."


def change_page(run: DeploymentRun, step: Step) -> str:
    return f"/runs/{run.pk}?step={step.key}"


def test_a_manual_step_is_added_in_its_place(house: House, door) -> None:
    run = stage.run_of(house, "draft")
    client = door(house.cast.release_manager)
    typed = {
        "title": "Ask Nadia",
        "instructions": "By phone.",
        "before": stage.automated(run).key,
        "team": str(house.cast.billing.pk),
        "minutes": "7",
        "reason": WHY,
    }
    answer = stage.press(client, f"/runs/{run.pk}", f"/runs/{run.pk}/add-step", **typed)
    assert answer.status_code == 303
    step = run.steps.get(title="Ask Nadia")
    assert (step.number, step.team, step.expected_s, step.added_because) == (1, house.cast.billing, 420, WHY)
    edit = PlanEdit.objects.get(run=run)
    assert (edit.kind, edit.reason, edit.person) == ("add_step", WHY, house.cast.release_manager)
    event = stage.last_event("run", run.pk)
    assert (event.verb, event.reason) == ("run.plan_edited", WHY)
    page = client.get(f"/runs/{run.pk}").content.decode()
    assert "Added “Ask Nadia”" in page
    assert WHY in page


def test_among_many_teams_the_one_of_a_new_step_is_typed(house: House, door) -> None:
    run, billing = stage.run_of(house, "draft"), house.cast.billing
    Team.objects.bulk_create(Team(name=f"Team {n}", slug=f"team-{n}") for n in range(MOST_OFFERED + 1))
    client, page = door(house.cast.release_manager), f"/runs/{run.pk}"
    assert "Team 7" not in client.get(page).content.decode()
    typed = {"title": "Ask Nadia", "reason": WHY}
    answer = stage.press(client, page, f"{page}/add-step", team="Nobody’s", **typed)
    assert answer.status_code == 422
    assert "There is no team of that name." in answer.content.decode()
    assert "Nobody’s" in answer.content.decode()
    stage.press(client, page, f"{page}/add-step", team=billing.name.upper(), **typed)
    assert run.steps.get(title="Ask Nadia").team == billing


def test_a_step_is_changed_only_where_it_was_changed(house: House, door) -> None:
    run = stage.run_of(house, "draft")
    step = stage.by_hand(run)
    typed = {"title": "Tell the desk", "reason": WHY}
    stage.press(
        door(house.cast.release_manager), change_page(run, step), f"/runs/{run.pk}/edit-step", **typed
    )
    assert stage.by_hand(run).title == "Tell the desk"
    assert PlanEdit.objects.get(run=run).payload["changes"] == {"title": "Tell the desk"}


def test_parameters_that_are_no_json_come_back(house: House, door) -> None:
    run = stage.run_of(house, "draft")
    step = stage.automated(run)
    typed = {"parameters": '{"argv": [', "reason": WHY}
    answer = stage.press(
        door(house.cast.release_manager), change_page(run, step), f"/runs/{run.pk}/edit-step", **typed
    )
    assert answer.status_code == 422
    assert "This is not JSON" in answer.content.decode()
    assert "{&quot;argv&quot;: [" in answer.content.decode()


def test_a_step_is_removed_moved_and_linked(house: House, door) -> None:
    run = stage.run_of(house, "draft")
    client = door(house.cast.release_manager)
    page = f"/runs/{run.pk}"
    stage.press(client, page, f"{page}/add-step", title="Ask Nadia", reason=WHY)
    added = run.steps.get(title="Ask Nadia")
    stage.press(
        client, change_page(run, added), f"{page}/add-link", before=stage.automated(run).key, reason=WHY
    )
    added = run.steps.get(title="Ask Nadia")
    assert [link.before.kind for link in added.predecessors.all()] == ["automated"]
    stage.press(client, change_page(run, added), f"{page}/remove-link", reason=WHY)
    added = run.steps.get(title="Ask Nadia")
    assert not added.predecessors.exists()
    stage.press(
        client, change_page(run, added), f"{page}/move-step", before=stage.automated(run).key, reason=WHY
    )
    assert run.steps.get(title="Ask Nadia").successors.count() == 1
    stage.press(client, change_page(run, added), f"{page}/remove-step", reason=WHY)
    assert not run.steps.filter(title="Ask Nadia").exists()
    kinds = list(PlanEdit.objects.filter(run=run).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["add_step", "add_link", "remove_link", "move_step", "remove_step"]


def test_a_circle_is_named_and_nothing_is_written(house: House, door) -> None:
    run = stage.run_of(house, "draft")
    first, second = stage.automated(run), stage.by_hand(run)
    answer = stage.press(
        door(house.cast.release_manager),
        change_page(run, first),
        f"/runs/{run.pk}/add-link",
        before=second.key,
        reason=WHY,
    )
    assert answer.status_code in {403, 422}
    assert second.title in answer.content.decode()
    assert not PlanEdit.objects.exists()


def test_an_edit_without_reason_comes_back_with_what_was_typed(house: House, door) -> None:
    run = stage.run_of(house, "draft")
    values = {"title": "Ask Nadia", "reason": "", "version": run.row_version}
    answer = door(house.cast.release_manager).post(f"/runs/{run.pk}/add-step", values)
    assert answer.status_code == 422
    assert 'value="Ask Nadia"' in answer.content.decode()
    assert not run.steps.filter(title="Ask Nadia").exists()


def test_the_plan_is_computed_again(house: House, door) -> None:
    run = stage.run_of(house, "draft")
    answer = stage.press(door(house.cast.release_manager), f"/runs/{run.pk}", f"/runs/{run.pk}/replan")
    assert answer.status_code == 303
    assert stage.last_event("run", run.pk).verb == "run.replanned"


def test_title_and_window_are_changed(house: House, door) -> None:
    run = stage.run_of(house, "draft")
    typed = {
        "title": "Saturday night",
        "window_from": "2030-01-05T20:00",
        "window_until": "2030-01-06T02:00",
    }
    stage.press(door(house.cast.release_manager), f"/runs/{run.pk}", f"/runs/{run.pk}/edit", **typed)
    now = DeploymentRun.objects.get(pk=run.pk)
    assert (now.title, now.window_from.hour, now.window_until.hour) == ("Saturday night", 20, 2)


@pytest.mark.parametrize(
    "verb", ["add-step", "remove-step", "move-step", "edit-step", "add-link", "remove-link", "replan", "edit"]
)
def test_a_fixed_plan_is_not_edited(house: House, door, verb: str) -> None:
    run = stage.run_of(house, "approved")
    step, other = stage.by_hand(run), stage.automated(run)
    client = door(house.cast.release_manager)
    assert f"/runs/{run.pk}/{verb}" not in client.get(change_page(run, step)).content.decode()
    values = {
        "step": step.key, "title": "x y", "before": other.key, "after": step.key, "reason": WHY,
        "version": run.row_version,
    }  # fmt: skip
    answer = client.post(f"/runs/{run.pk}/{verb}", values)
    assert answer.status_code == 409
    assert "Unlock" in answer.content.decode()


def test_a_developer_reads_that_a_release_manager_edits(house: House, door) -> None:
    run = stage.run_of(house, "draft")
    client = door(house.cast.developer)
    assert "release manager" in client.get(f"/runs/{run.pk}").content.decode()
    values = {"title": "x y", "reason": WHY, "version": run.row_version}
    assert client.post(f"/runs/{run.pk}/add-step", values).status_code == 403
