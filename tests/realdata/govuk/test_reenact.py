"""2 October 2024 through the product: the pipeline asks, people approve, the engine carries out, back and forward.

Ten of the 41 applications, those whose day was the strangest; `benchmark reenact-govuk` lives the whole of it.
"""

from dataclasses import replace

import pytest

from releaseorch.audit.models import Event
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.integrations.reenact.october import commits_of, last_versions, reenact
from releaseorch.integrations.reenact.october_report import report_of
from releaseorch.waiting.models import Interval

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

STRANGE = {
    "whitehall",  # five changes: the runs that it takes
    "link-checker-api",  # twice in the morning
    "finder-frontend",  # two components, and on after it came forward
    "publisher", "signon",  # back to the build of a branch
    "smokey",  # back, forward, and back again
    "govuk-chat",  # not taken back
    "content-publisher", "bouncer",  # untouched until they were taken back
    "router",  # nothing happened to it
}  # fmt: skip


def test_the_whole_day_is_there(govuk):
    commits = commits_of(govuk)
    assert (len(commits), len(last_versions(commits))) == (107, 41)
    assert {commit.requester for commit in commits} == {"govuk-ci"}


@pytest.mark.django_db(transaction=True)
def test_the_day_goes_through_the_product_as_it_happened(govuk):
    told = reenact(only(govuk, STRANGE), workers=4)
    report = report_of(told)

    assert report["requests"] == report["requests_deployed"] == 28
    assert report["steps"] == report["steps_succeeded"] == 32
    assert [(run["phase"], run["applications"]) for run in report["runs"]] == [
        ("morning", 5),
        ("morning", 2),
        ("morning", 1),
        ("back", 8),
        ("forward", 9),
        ("forward", 3),
    ]
    assert {run["state"] for run in report["runs"]} == {"succeeded"}
    assert all(run["inventory_equal"] for run in report["runs"])
    assert report["inventory_equal"], report["differences"]

    back, forward = told.runs[3:5]
    left = {change.place: change.old_version for commit in back.commits for change in commit.changes}
    reached = {change.place: change.version for commit in forward.commits for change in commit.changes}
    assert left.items() <= reached.items(), "forward again to where each was taken back from"

    robot = DeploymentRequest.objects.values_list("requester__name", "requester__kind").distinct().get()
    assert robot == ("govuk-ci", "robot")
    assert report["robot"] == {
        "requester": "govuk-ci",
        "approves_its_own": "A robot decides nothing about requests.",
    }
    approved = Event.objects.filter(verb="request.approved").values_list("actor_name", flat=True)
    assert set(approved) == {"Ivy Invented"}
    assert "invented" in report["invented"]
    assert not Interval.objects.filter(ended_at=None).exists(), "nothing waits after the day"


def only(document, applications):
    return replace(
        document,
        history=tuple(row for row in document.history if row.place.application in applications),
        requests=tuple(one for one in document.requests if one.changes[0].place.application in applications),
    )
