"""Every event is sealed, whenever it was committed, without a look at all that ever happened each time."""

from typing import Any

import pytest

from releaseorch.audit import events, seals
from releaseorch.audit.models import Event
from releaseorch.core.actor import SYSTEM
from tests.characters import Cast


@pytest.fixture(autouse=True)
def a_process_that_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "_looked_at_all", [])
    monkeypatch.setattr(seals, "OUT_OF_ORDER", 10)


def recorded(cast: Cast) -> Event:
    return events.record(actor=SYSTEM, verb="team.changed", subject=cast.claims)


def committed_later(like: Event, number: int) -> None:
    """Its number was given to it before those that are there already."""
    values = {field.attname: getattr(like, field.attname) for field in Event._meta.concrete_fields}
    Event.objects.create(**{**values, "id": number})


def unsealed() -> list[int]:
    return list(Event.objects.filter(seal=None).values_list("pk", flat=True))


def test_what_is_committed_after_later_ones_is_sealed_in_the_next_round(cast: Cast) -> None:
    first = recorded(cast)
    committed_later(first, first.pk + 9)
    assert seals.seal_batch() == Event.objects.count()
    committed_later(first, first.pk + 3)
    assert unsealed() == [first.pk + 3]
    assert seals.seal_batch() == 1
    assert (unsealed(), seals.verify().why) == ([], "")


def test_what_is_further_behind_is_sealed_by_the_next_process_or_within_the_hour(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = recorded(cast)
    committed_later(first, first.pk + 50)
    seals.seal_batch()
    committed_later(first, first.pk + 3)
    assert seals.seal_batch() == 0
    monkeypatch.setattr(seals, "ALL_EVERY_S", 0.0)
    assert seals.seal_batch() == 1
    assert (unsealed(), seals.verify().why) == ([], "")


def test_a_round_without_news_is_one_query(cast: Cast, django_assert_num_queries: Any) -> None:
    recorded(cast)
    seals.seal_batch()
    with django_assert_num_queries(1):
        assert seals.seal_batch() == 0
