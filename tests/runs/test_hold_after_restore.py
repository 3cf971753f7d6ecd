"""After a restore nothing is begun until a person releases the hold, and nothing is begun twice by a machine."""

from pathlib import Path

import pytest

from releaseorch.audit import events, high_water, seals
from releaseorch.audit.models import Event, Seal
from releaseorch.core import hold, signs
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.core.models import Hold
from releaseorch.executors.base import Done
from releaseorch.runs import engine, housekeeping, restored, services
from releaseorch.runs.engine import endings, worker
from releaseorch.runs.models import Attempt, DeploymentRun
from releaseorch.runs.queries import after_restore
from tests.characters import Cast
from tests.runs import builders as a
from tests.unguarded import unguarded

WHY = "I looked at every host."


def held() -> Hold:
    assert high_water.set_hold("Restored from the backup of Monday.", {})
    return Hold.objects.get(is_open=True)


def chain(cast: Cast, effects: Path) -> DeploymentRun:
    def says(word: str) -> tuple[str, ...]:
        return ("sh", "-c", f'echo {word} >> "$0"', str(effects))

    return a.running_run(
        cast.release_manager,
        a.automated("first", *says("first")),
        a.automated("second", *says("second"), after=["first"]),
    )


@pytest.fixture
def effects(tmp_path: Path) -> Path:
    return tmp_path / "effects"


def test_nothing_is_claimed_or_sent_while_it_is_open_and_everybody_says_so(cast: Cast, effects: Path) -> None:
    run = chain(cast, effects)
    held()
    a.carry_out(run, "first")
    assert (a.states(run)["first"], Attempt.objects.exists(), effects.exists()) == ("ready", False, False)
    a.step(run, "first").__class__.objects.update(nudged_at=None)
    assert housekeeping.sweep() == 0
    signs.of_the_housekeeper()
    assert "release the hold" in signs.heard(signs.HOUSEKEEPER)[0].note


def test_there_is_one_hold_at_a_time(cast: Cast) -> None:
    held()
    assert not high_water.set_hold("Once more.", {})
    assert Hold.objects.count() == Event.objects.filter(verb="hold.set").count() == 1


def test_a_step_of_a_run_in_doubt_is_never_begun_by_a_machine(cast: Cast, effects: Path) -> None:
    """It may have run after the backup, and so may those after it: a person decides on each."""
    run = chain(cast, effects)
    services.release_hold(actor=cast.release_manager, hold=held(), reason=WHY)
    a.carry_out(run, "first")
    assert a.states(run)["first"] == "needs_decision" and not effects.exists()
    attempt = Attempt.objects.get()
    assert attempt.state == "unknown" and "restored" in attempt.reason
    services.mark_done_step(actor=cast.operator, step=a.step(run, "first"), reason="It is there.")
    a.carry_out(run, "second")
    assert a.states(run)["second"] == "needs_decision" and not effects.exists()
    services.retry_step(actor=cast.operator, step=a.step(run, "second"), reason="It is not there.")
    a.carry_out(run, "second")
    assert a.states(run)["second"] == "succeeded" and effects.read_text() == "second\n"


def test_what_was_decided_during_the_hold_is_not_asked_again(cast: Cast, effects: Path) -> None:
    run = chain(cast, effects)
    step = a.step(run, "first")
    claim = worker.claim_step(step.pk, step.token)
    assert claim is not None
    open_hold = held()
    assert restored.lose_what_was_running("Nobody knows.") == 1
    assert a.states(run)["first"] == "needs_decision"
    services.retry_step(actor=cast.operator, step=a.step(run, "first"), reason="It had not begun.")
    services.release_hold(actor=cast.administrator, hold=open_hold, reason=WHY)
    a.carry_out(run, "first")
    assert effects.read_text() == "first\n"


def test_a_run_somebody_vouches_for_and_a_new_one_go_on(cast: Cast, effects: Path) -> None:
    run = chain(cast, effects)
    other = a.running_run(cast.release_manager, a.automated("deploy"))
    open_hold = held()
    composed = a.running_run(cast.release_manager, a.automated("deploy"))
    events.record(actor=cast.release_manager, verb="run.created", subject=composed)
    assert [one.run.pk for one in after_restore.open_runs(open_hold)] == [run.pk, other.pk]
    services.release_hold(actor=cast.release_manager, hold=open_hold, reason=WHY, untouched=[run.pk])
    assert Hold.objects.get().doubted_runs == [other.pk]
    for each, key in ((run, "first"), (other, "deploy"), (composed, "deploy")):
        a.carry_out(each, key)
    assert effects.read_text() == "first\n"
    assert (a.states(other)["deploy"], a.states(composed)["deploy"]) == ("needs_decision", "succeeded")


def test_what_was_running_becomes_unknown_and_what_it_says_later_is_kept(cast: Cast) -> None:
    run = a.running_run(cast.release_manager, a.automated("deploy"), a.manual("look"))
    services.take_step(actor=cast.operator, step=a.step(run, "look"))
    step = a.step(run, "deploy")
    claim = worker.claim_step(step.pk, step.token)
    assert claim is not None
    held()
    assert restored.lose_what_was_running("Restored; nobody knows.") == 1
    assert a.states(run) == {"deploy": "needs_decision", "look": "claimed"}
    endings.finish(claim, Done())
    attempt = Attempt.objects.get(step=step)
    assert attempt.state == "unknown" and attempt.late_report["outcome"] == "succeeded"


def test_who_releases_it_must_have_looked(cast: Cast, effects: Path) -> None:
    run, open_hold = chain(cast, effects), held()
    for person in (cast.robot, cast.operator, cast.developer):
        with pytest.raises(NotAllowed):
            services.release_hold(actor=person, hold=open_hold, reason=WHY)
    with pytest.raises(Invalid):
        services.release_hold(actor=cast.release_manager, hold=open_hold, reason=" ")
    with pytest.raises(Invalid):
        services.release_hold(actor=cast.release_manager, hold=open_hold, reason=WHY, untouched=[run.pk + 1])
    assert hold.is_open()
    services.release_hold(actor=cast.release_manager, hold=open_hold, reason=WHY)
    with pytest.raises(Conflict):
        services.release_hold(actor=cast.release_manager, hold=Hold.objects.get(), reason=WHY)
    (event,) = Event.objects.filter(verb="hold.released")
    assert (event.reason, event.after["asked_step_by_step"]) == (WHY, [run.pk])


@pytest.fixture
def looking() -> None:
    """The next step looks at the marks, as the first one of a process does."""
    high_water._looked_at.clear()


def go_on(cast: Cast, times: int) -> None:
    for _ in range(times):
        events.record(actor=cast.administrator, verb="person.edited", subject=cast.developer)
        seals.seal_batch()


def drop_the_last_seals(number: int) -> None:
    """What a restore of an older backup does to the chain."""
    last = Seal.objects.order_by("-seq").values_list("seq", flat=True)[0]
    with unguarded():
        Seal.objects.filter(seq__gt=last - number).delete()
        Event.objects.filter(seal=None).delete()


def test_a_database_that_is_behind_is_found_by_the_first_worker(
    cast: Cast, effects: Path, looking: None
) -> None:
    run = chain(cast, effects)
    go_on(cast, 3)
    assert high_water.look() == 0
    go_on(cast, 2)
    assert high_water.look() == 0 and not hold.is_open()  # a mark that is older is no news
    drop_the_last_seals(2)
    a.carry_out(run, "first")
    assert not effects.exists() and hold.is_open()
    found = after_restore.happened_since(Hold.objects.get())
    assert (found["lost"], found["place"]) == (2, "state directory")
    assert high_water.look() == 0  # said once


def test_a_database_that_went_on_after_an_unseen_restore_is_found_too(cast: Cast) -> None:
    go_on(cast, 4)
    high_water.look()
    drop_the_last_seals(2)
    go_on(cast, 6)
    assert high_water.look() == 1
    assert "replaced by an older one" in Hold.objects.get().reason


def test_after_the_release_the_marks_follow_again(cast: Cast) -> None:
    go_on(cast, 4)
    high_water.look()
    drop_the_last_seals(2)
    high_water.look()
    services.release_hold(actor=cast.administrator, hold=Hold.objects.get(), reason=WHY)
    assert high_water.look() == 0
    go_on(cast, 1)
    assert high_water.look() == 0 and not hold.is_open()
    drop_the_last_seals(1)
    assert high_water.look() == 1  # another restore, another hold


def test_no_mark_of_another_installation_counts(cast: Cast) -> None:
    go_on(cast, 1)
    first = high_water.of_the_database()
    assert first is not None
    for place in high_water.places():
        place.write(
            "somebody else's", '{"installation": "other", "seq": 9000, "hash": "x", "at": "2026-01-01"}'
        )
        place.write(first.installation, "half a mark")
    assert high_water.look() == 0 and not hold.is_open()


def test_no_step_is_begun_by_the_engine_of_a_process_that_never_looked(cast: Cast, looking: None) -> None:
    """A restore by hand says nothing to anybody: the mark does."""
    run = a.running_run(cast.release_manager, a.automated("deploy"))
    go_on(cast, 2)
    mark = high_water.of_the_database()
    assert mark is not None
    high_water.raise_above(mark.installation, mark.seq)
    step = a.step(run, "deploy")
    engine.run_step(step.pk, step.token)
    assert hold.is_open() and a.states(run)["deploy"] == "ready"
