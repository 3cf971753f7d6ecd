"""The week of 10–16 June 2024 through the product: filed, approved, grouped, carried out by the engine."""

import pytest

from releaseorch.audit import seals
from releaseorch.audit.models import Event
from releaseorch.integrations.reenact.reenactment import reenact
from releaseorch.integrations.reenact.report import report_of
from releaseorch.waiting.models import Interval

pytestmark = [pytest.mark.real_data, pytest.mark.slow]


@pytest.mark.django_db(transaction=True)
def test_the_week_goes_through_the_product_as_it_happened(wikimedia):
    told = reenact(wikimedia, workers=4)
    report = report_of(told)

    assert (report["commits"], report["requesters"]) == (22, 12)
    assert (report["services"], report["change_requests"]) == (23, 30)
    assert report["requests"] == report["requests_deployed"] == 81
    assert report["steps"] == report["steps_succeeded"] == 95
    assert report["steps_by_hand"] == 3  # the service that was taken away, in three environments
    assert {run.state for run in told.played.runs} == {"succeeded"}

    day = report["day"]
    assert (day["environment"], day["day"], day["runs"], day["changes"]) == ("eqiad", "2024-06-12", 1, 18)
    assert day["inventory_equal"]
    assert report["inventory_equal"], report["differences"]

    assert [conflict["component"] for conflict in report["conflicts"]] == [
        "cirrus-streaming-updater/producer",
        "machinetranslation/machinetranslation",
        "thumbor/thumbor",
    ]
    assert {conflict["kind"] for conflict in report["conflicts"]} == {"two-versions"}
    assert all(f"#{number}" in one["sentence"] for one in report["conflicts"] for number in one["requests"])

    filed = told.requests[next(one.key for one in told.commits if one.features == ("T344730",))]
    assert len({request.application for request in filed}) == report["services_of_the_widest_filing"] == 6
    assert len({request.filed_with for request in filed}) == 1
    assert {request.requester.name for request in filed} == {"Sandra Ebele Nwachukwu"}
    assert "invented" in report["invented"]
    assert all(name in report["invented"] for name in ("Ivy Invented", "Ned Invented", "Opal Invented"))

    assert not Interval.objects.filter(ended_at=None).exists(), "nothing waits after the week"
    assert not Event.objects.filter(verb__in=["step.failed", "step.needs_decision"]).exists()
    while seals.seal_batch():
        pass
    verdict = seals.verify()
    assert verdict.broken_at is None, verdict.why
