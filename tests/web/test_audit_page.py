"""The audit page: every event with its change, filters, pages, and the proof."""

from datetime import UTC, datetime, timedelta

import pytest

from releaseorch.audit import events, seals
from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.web.views import audit
from tests.characters import Cast
from tests.unguarded import unguarded


def happened(cast: Cast, verb: str = "team.renamed", who=None, subject=None, at=None, **values) -> Event:
    moment = at or clock.now()
    with clock.at(moment):
        return events.record(
            actor=who or cast.release_manager, verb=verb, subject=subject or cast.claims, **values
        )


def test_it_is_empty_in_words(cast: Cast, door) -> None:
    assert "Nothing has happened yet." in door(cast.auditor).get("/audit").content.decode()


def test_an_event_shows_who_what_why_and_the_change(cast: Cast, door) -> None:
    happened(cast, before={"name": "Claim"}, after={"name": "Claims"}, reason="A typing <b>error</b>")
    text = door(cast.outsider).get("/audit").content.decode()
    for part in (
        "Rita Moreau",
        "team.renamed",
        "Claims",
        "Claim",
        "A typing &lt;b&gt;error&lt;/b&gt;",
        "not sealed yet",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"a.one", "b.two", "a.three"}),
        ("verb=a", {"a.one", "a.three"}),
        ("verb=b.two", {"b.two"}),
        ("who=rita", {"a.one"}),
        ("who=Olga", {"b.two", "a.three"}),
        ("what=team 999", set()),
        ("what=billing", {"a.three"}),
        ("from=2026-02-01", {"b.two", "a.three"}),
        ("until=2026-02-01", {"a.one", "b.two"}),
        ("from=2026-02-01&until=2026-02-01", {"b.two"}),
    ],
)
def test_filters(cast: Cast, door, query: str, found: set[str]) -> None:
    day = datetime(2026, 1, 1, 12, tzinfo=UTC)
    happened(cast, "a.one", at=day)
    happened(cast, "b.two", who=cast.operator, at=day + timedelta(days=31))
    happened(cast, "a.three", who=cast.operator, subject=cast.billing, at=day + timedelta(days=60))
    answer = door(cast.auditor).get(f"/audit?{query}")
    assert {row.event.verb for row in answer.context["rows"]} == found


def test_a_subject_is_found_by_its_kind_and_number(cast: Cast, door) -> None:
    happened(cast, "a.one")
    happened(cast, "b.two", subject=cast.billing)
    answer = door(cast.auditor).get("/audit", {"what": f"team #{cast.billing.pk}"})
    assert [row.event.verb for row in answer.context["rows"]] == ["b.two"]


def test_pages_lead_through_all_events_without_gap_or_double(cast: Cast, door) -> None:
    Event.objects.bulk_create(
        Event(
            actor_kind="human",
            actor_name="R",
            verb="a.b",
            subject_kind="team",
            subject_id=1,
            subject_name="x",
        )
        for _ in range(120)
    )
    client, seen, cursor = door(cast.auditor), [], ""
    while True:
        page = client.get("/audit", {"cursor": cursor}).context["page"]
        seen += [event.pk for event in page.items]
        if not page.older:
            break
        cursor = page.older
    assert len(seen) == len(set(seen)) == 120
    back = client.get("/audit", {"cursor": page.newer}).context["page"]
    assert [event.pk for event in back.items] == seen[50:100]


def test_the_chain_is_verified_and_a_change_behind_our_back_is_found(cast: Cast, door) -> None:
    event = happened(cast, after={"name": "Claims"})
    happened(cast)
    seals.seal_batch()
    assert "Unbroken" in door(cast.auditor).get("/audit/verify").content.decode()
    with unguarded():
        Event.objects.filter(pk=event.pk).update(actor_name="Somebody Else")
    text = door(cast.auditor).get("/audit/verify").content.decode()
    assert "Broken" in text
    assert "is not what was sealed" in text


@pytest.mark.parametrize("query", ["cursor=older-x", "cursor=up-3", "from=tomorrow", "until=2026-02-30"])
def test_a_damaged_address_is_refused_in_words(cast: Cast, door, query: str) -> None:
    assert 400 <= door(cast.auditor).get(f"/audit?{query}").status_code < 500


def test_the_counts_of_an_import_are_words_without_what_is_nothing() -> None:
    kinds = {
        "team": {"created": 1, "refused": 0},
        "person": {"created": 66, "refused": 2},
        "release": {"created": 0},
    }
    (change,) = audit.changes(Event(before={}, after={"kinds": kinds}))
    assert change.after == "team: created 1; person: created 66, refused 2"
