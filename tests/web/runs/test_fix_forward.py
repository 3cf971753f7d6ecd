"""A step added to a paused run, from the form to the approval: on the pages and in the API."""

from releaseorch.delivery.models import PlanChange
from releaseorch.runs import services
from tests.api.conftest import program as program  # a fixture
from tests.factories import House
from tests.web.runs import stage
from tests.web.runs.test_machine_retries import said


def test_from_the_form_to_the_approval(house: House, door, program) -> None:
    run, by_hand = stage.at_the_manual_step(house)
    services.pause_run(actor=house.cast.operator, run=run)
    page, manager, second = f"/runs/{run.pk}", house.cast.release_manager, house.cast.second_manager
    stage.press(
        door(manager), page, f"{page}/fix-forward", title="Empty the cache", before=by_hand.key,
        executor="shell", parameters="argv: [rm, -r, /var/cache/claims]", reason="It is stale.",
    )  # fmt: skip
    shown = said(door, second, page)
    for words in ("Changed plan: <bdi>Empty the cache", "rm, -r, /var/cache/claims", "It is stale.", "Sven"):
        assert words in shown
    assert "added</span>" in shown.replace(" ", "")
    assert f'action="{page}/approve-change"' in shown
    assert f'action="{page}/approve-change"' not in said(door, manager, page)
    assert "Approve the added step “Empty the cache”" in said(door, second, "/")
    refused = door(manager).post(f"{page}/fix-forward", {"title": "And this", "reason": "Both."})
    assert "One step is added at a time" in refused.content.decode()
    stage.press(door(second), page, f"{page}/approve-change", comment="Do.")
    change = PlanChange.objects.get()
    assert change.state == "approved"
    shown = said(door, manager, page)
    assert "approved the added step “Empty the cache”" in shown
    assert "Changed plan:" not in shown
    (told,) = program(manager).read(f"runs/{run.pk}").json()["plan_changes"]
    assert (told["state"], told["digest"], told["closed_by"]["name"]) == (
        "approved",
        change.digest,
        second.name,
    )
    assert (told["content"]["executor"], told["content"]["before"]) == ("shell", [by_hand.key])
