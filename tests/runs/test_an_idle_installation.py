"""Where nothing happens the database is asked little: pauses grow, and what has nothing to mend isn't begun."""

import threading
from typing import Any

import pytest

from releaseorch.audit import high_water, seals
from releaseorch.core import housekeeping, signs
from releaseorch.core.housekeeping import Chore
from releaseorch.core.management.commands.housekeeper import Command
from releaseorch.core.models import Hold, SignOfLife
from releaseorch.runs import services
from releaseorch.runs.housekeeping import is_anything_under_way
from tests.characters import Cast
from tests.runs import builders as a


def test_pauses_grow_while_a_chore_mends_nothing_and_not_beyond_what_it_says():
    chore, pause, pauses = Chore("seals", 1.0, lambda: 0, idle=5.0), 0.0, []
    for _round in range(5):
        pauses.append(pause := chore.pause(pause, mended=False))
    assert pauses == [1.0, 2.0, 4.0, 5.0, 5.0]
    assert chore.pause(5.0, mended=True) == 1.0
    assert Chore("sweep", 5.0, lambda: 0).pause(5.0, mended=False) == 5.0


def test_chores_that_ask_the_same_are_answered_once_in_a_round():
    stop, asked, done = threading.Event(), [], []

    def is_needed() -> bool:
        asked.append(1)
        return len(asked) > 1

    def work() -> int:
        done.append(1)
        if len(done) == 2:
            stop.set()
        return 1

    chores = [Chore(name, 0.01, work, only_if=is_needed) for name in ("sweep", "reap")]
    Command().loop(stop, chores)
    assert (len(asked), len(done)) == (2, 2), "the first round was refused for both, the second was not"


def test_what_runs_or_will_by_itself_is_under_way(cast: Cast):
    assert not is_anything_under_way()
    run = a.approved_run(cast.release_manager, a.manual("look"))
    assert not is_anything_under_way(), "somebody has to start it"
    services.start_run(actor=cast.release_manager, run=run)
    assert is_anything_under_way()
    services.cancel_run(actor=cast.release_manager, run=a.now(run), reason="Not tonight.")
    assert not is_anything_under_way()


def test_every_chore_of_runs_is_asked_for_again_as_soon_as_one_is_under_way():
    gated = {chore.name for chore in housekeeping.chores() if chore.only_if is is_anything_under_way}
    assert gated == {"sweep", "reap", "bounds", "news", "escalation", "windows"}


@pytest.mark.django_db
def test_a_sign_of_life_is_one_statement_and_says_what_keeps_from_work(django_assert_num_queries: Any):
    signs.of_the_housekeeper()
    signs.of_the_housekeeper()
    with django_assert_num_queries(1):
        signs.of_the_housekeeper()
    held = Hold.objects.create(reason="Restored.", evidence={}, set_at=signs.database_now())
    signs.of_the_housekeeper()
    assert "no automated step begins" in SignOfLife.objects.get(process=signs.HOUSEKEEPER).note
    Hold.objects.filter(pk=held.pk).update(is_open=False)
    signs.of_the_housekeeper()
    assert SignOfLife.objects.get(process=signs.HOUSEKEEPER).note == ""
    assert signs.heard(signs.HOUSEKEEPER)[0].age_s < 5


def test_how_far_it_had_come_is_asked_by_one_query_until_there_is_a_new_seal(
    cast: Cast, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(high_water, "_seen", [])
    a.running_run(cast.release_manager, a.manual("look"))
    seals.seal_batch()
    high_water.look_if_new()
    with django_assert_num_queries(1):
        high_water.look_if_new()
    a.running_run(cast.release_manager, a.manual("look again"))
    seals.seal_batch()
    high_water.look_if_new()
    assert high_water._seen[0][0][0] == high_water.of_the_database().seq
