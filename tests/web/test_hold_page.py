"""The hold after a restore on every page, on its own page, and what the doctor and the API say of it."""

import pytest

from releaseorch.audit import high_water
from releaseorch.config.doctor import inside
from releaseorch.core.models import Hold
from tests.characters import Cast
from tests.runs import builders as a

pytestmark = pytest.mark.django_db
BANNER = "no automated step begins until somebody who looked releases the hold"


def held(**evidence: object) -> Hold:
    assert high_water.set_hold("The database was restored from the backup of Monday.", dict(evidence))
    return Hold.objects.get()


def test_every_page_says_so_until_it_is_released(cast: Cast, door) -> None:
    page = door(cast.administrator)
    assert BANNER not in page.get("/runs").content.decode()
    assert "was never restored" in page.get("/holds/newest").content.decode()
    assert inside.hold().state == "ok"
    hold = held()
    assert BANNER in page.get("/runs").content.decode()
    assert inside.hold().state == "failed" and "/holds/newest" in inside.hold().help
    answer = page.post(f"/holds/{hold.pk}/release", {"version": 1, "reason": "I looked."}, follow=True)
    told = answer.content.decode()
    assert BANNER not in told and "I looked." in told and "Ada Lind" in told


def test_it_shows_what_is_known_and_what_was_under_way(cast: Cast, door) -> None:
    run = a.running_run(cast.release_manager, a.automated("deploy"), a.automated("check", after=["deploy"]))
    mark = {"installation": "x", "seq": 48, "hash": "y", "at": "2026-11-20T10:00:00+00:00"}
    hold = held(mark=mark, found={"seq": 41}, place="broker", backup={"made_at": "2026-11-20T03:00:00+00:00"})
    told = door(cast.release_manager).get(f"/holds/{hold.pk}").content.decode()
    assert "At least 7 events happened" in told and "2 would begin" in told
    assert f'name="untouched" value="{run.pk}"' in told and "Friday" in told
    reader = door(cast.developer).get(f"/holds/{hold.pk}").content.decode()
    assert "roles administrator, release manager" in reader and "<textarea" not in reader


def test_without_a_mark_it_says_that_nobody_knows(cast: Cast, door) -> None:
    hold = held()
    assert "it may be anything" in door(cast.auditor).get(f"/holds/{hold.pk}").content.decode()


def test_what_was_typed_and_ticked_comes_back(cast: Cast, door) -> None:
    run = a.running_run(cast.release_manager, a.automated("deploy"))
    hold = held()
    answer = door(cast.administrator).post(
        f"/holds/{hold.pk}/release", {"version": 1, "reason": " ", "untouched": [run.pk]}
    )
    told = answer.content.decode()
    assert answer.status_code == 422 and f'value="{run.pk}" checked' in told and "Say why" in told
    assert Hold.objects.get().is_open


def test_the_api_lists_the_runs_and_takes_those_somebody_vouches_for(cast: Cast, door) -> None:
    run = a.running_run(cast.release_manager, a.automated("deploy"))
    hold = held()
    client = door(cast.release_manager)
    (shown,) = client.get(f"/api/v1/holds/{hold.pk}").json()["runs"]
    assert (shown["run"], shown["to_come"]) == (run.pk, 1)
    answer = client.post(
        f"/api/v1/holds/{hold.pk}/release",
        {"reason": "Nothing was run.", "untouched": [run.pk]},
        content_type="application/json",
    )
    assert answer.status_code == 200, answer.content
    assert answer.json()["doubted_runs"] == [] and not answer.json()["is_open"]
