"""A worker raises the topics of its steps beside its work: pages hear of them soon, and no step waits for that."""

import time

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from releaseorch.audit import events
from releaseorch.audit.models import Topic


@pytest.mark.django_db(transaction=True)
def test_topics_of_many_transactions_are_raised_together_and_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_apart", [])
    monkeypatch.setattr(events, "BETWEEN_S", 0.02)
    events.touch("run:1")
    assert Topic.objects.get(name="run:1").version == 1, "as ever, before it is told to"
    events.raise_apart()
    for _step in range(3):
        with transaction.atomic():
            events.touch("run:1", "runs")
    until = time.monotonic() + 5
    while not Topic.objects.filter(name="runs").exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert 2 <= Topic.objects.get(name="run:1").version <= 4
    events._apart[0].close()
    assert not events._apart[0].is_alive()


@pytest.mark.django_db(transaction=True)
def test_an_event_that_no_page_shows_raises_nothing() -> None:
    with CaptureQueriesContext(connection) as asked:
        events.touch()
    assert not asked.captured_queries
