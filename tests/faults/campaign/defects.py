"""Planted defects: one of them is put into each process of a campaign, and the named check must find it.

Some change a statement on its way to the database, the others a function of the product. One that doesn't fit the code
any more is not found, and fails.
"""

import itertools
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

VARIABLE = "CAMPAIGN_DEFECT"
_rewrites: list[tuple[re.Pattern[str], str]] = []


@dataclass(frozen=True)
class Defect:
    """`faults` are done (each `each` times) to runs with this fate, since without them it would not show."""

    plant: Callable[[], None]
    found_by: str
    faults: str = "message repeated"
    each: int = 1
    fate: str = ""


def plant() -> None:
    for name in names(os.environ.get(VARIABLE, "")):
        DEFECTS[name].plant()


def names(listed: str) -> list[str]:
    """Several at once must be found by different checks."""
    return [name for name in listed.split(",") if name]


def rewritten(sql: str) -> str:
    for pattern, text in _rewrites:
        sql = pattern.sub(text, sql)
    return sql


def rewrites(pattern: str, text: str) -> Callable[[], None]:
    return lambda: _rewrites.append((re.compile(pattern), text))


def _what_was_begun_is_begun_again() -> None:
    from releaseorch.runs import housekeeping
    from releaseorch.runs.models import Attempt

    original = housekeeping.reap_one

    def reap_one(attempt_id: int) -> bool:
        Attempt.objects.filter(pk=attempt_id).update(effect_started_at=None)
        return original(attempt_id)

    housekeeping.reap_one = reap_one


def _who_went_silent_succeeded() -> None:
    from releaseorch.executors.base import Done, Unknown
    from releaseorch.runs import housekeeping
    from releaseorch.runs.engine import endings

    outcome_of = endings.outcome_of

    def hopeful(result: Any) -> endings.Outcome:
        return outcome_of(Done() if isinstance(result, Unknown) else result)

    assert housekeeping.endings is endings
    endings.outcome_of = hopeful


def _who_went_silent_was_stopped() -> None:
    from releaseorch.executors.base import Cancelled, Unknown
    from releaseorch.runs.engine import endings

    outcome_of = endings.outcome_of

    def hopeful(result: Any) -> endings.Outcome:
        return outcome_of(Cancelled() if isinstance(result, Unknown) else result)

    endings.outcome_of = hopeful


def _nobody_is_told() -> None:
    from releaseorch.audit import outbox

    outbox._deliver_one = lambda entry: False


def _the_inventory_is_not_told() -> None:
    from releaseorch.runs import progress

    original, count = progress.took_effect, itertools.count(1)

    def took_effect(*words: Any, **more: Any) -> None:
        if next(count) % 2:
            original(*words, **more)

    progress.took_effect = took_effect


def _nobody_holds_a_component() -> None:
    from releaseorch.runs.services import starting

    starting.hold_components = lambda run, among: None


def _a_claim_is_not_recorded() -> None:
    from releaseorch.runs import progress

    original = progress.note

    def note(actor: Any, verb: str, *words: Any, **after: Any) -> None:
        if verb != "step.claimed":
            original(actor, verb, *words, **after)

    progress.note = note  # type: ignore[assignment]


def _seals_stand_alone() -> None:
    from releaseorch.audit import seals

    chained = seals.chained
    seals.chained = lambda previous, event: chained("", event)


def _waits_never_end() -> None:
    from releaseorch.waiting import ledger

    ledger.end = lambda *words, **more: None


def _some_answers_come_before_the_commit() -> None:
    from django.db import transaction

    from releaseorch.api import idempotency

    original, count = idempotency.once, itertools.count(1)

    def once(*words: Any) -> Any:
        with transaction.atomic():
            answer = original(*words)
            if next(count) % 5 == 0:
                transaction.set_rollback(True)
            return answer

    idempotency.once = once


def _keys_are_not_looked_at() -> None:
    from releaseorch.api import idempotency

    idempotency.once = lambda request, actor, call: call()


def _nobody_sweeps() -> None:
    from releaseorch.runs import housekeeping

    housekeeping.due_for_a_nudge = lambda *words, **more: []


def _nobody_reaps() -> None:
    from releaseorch.runs import housekeeping

    housekeeping.reap_one = lambda attempt_id: False


def _an_attempt_is_begun_twice() -> None:
    from tests.faults.campaign import executor

    start = executor.LedgerExecutor.start

    def twice(self: executor.LedgerExecutor, context: Any) -> Any:
        if executor.number_of(context.attempt_id) % 7 == 0:
            executor.effect("begun", context.attempt_id, context.step_key)
        return start(self, context)

    executor.LedgerExecutor.start = twice  # type: ignore[method-assign]


BUSY = "worker.in-effect"
DEFECTS: dict[str, Defect] = {
    "intent is not recorded": Defect(
        rewrites(r"SET effect_started_at = [^,]+, ", "SET "), "no_effect_without_intent"
    ),
    "what was begun is begun again": Defect(_what_was_begun_is_begun_again, "no_effect_twice", BUSY, 3),
    "an attempt is begun twice": Defect(_an_attempt_is_begun_twice, "no_effect_twice"),
    "who went silent succeeded": Defect(_who_went_silent_succeeded, "success_is_true", BUSY, 3),
    "one predecessor is enough": Defect(
        rewrites(r"WHEN open_predecessors = 1 AND", "WHEN open_predecessors > 0 AND"), "in_order"
    ),
    "tokens stay": Defect(
        rewrites(r"token = token \+ 1", "token = token"), "tokens_go_up", "worker.claim.after-commit", 2
    ),
    "a claim is not recorded": Defect(_a_claim_is_not_recorded, "each_claim_has_its_event"),
    "seals stand alone": Defect(_seals_stand_alone, "seals_fit"),
    "waits never end": Defect(_waits_never_end, "everything_open_waits_for_somebody"),
    "components are kept": Defect(
        rewrites(
            r'UPDATE "runs_runtarget" SET "is_active" = %s',
            'UPDATE "runs_runtarget" SET "is_active" = (%s OR TRUE)',
        ),
        "no_component_held_twice",
    ),
    "logs have gaps": Defect(
        rewrites(r"(INSERT INTO runs_logchunk .* SELECT id, )%s,", r"\1%s + 1,"), "logs_without_gaps"
    ),
    "some answers come before the commit": Defect(
        _some_answers_come_before_the_commit, "no_acknowledged_write_is_lost"
    ),
    "keys are not looked at": Defect(
        _keys_are_not_looked_at, "no_acknowledged_write_is_lost", "web.before-answer", 3
    ),
    "nobody sweeps": Defect(
        _nobody_sweeps, "whatever_is_open_is_with_a_person", "worker.received,redis killed", 2
    ),
    "nobody reaps": Defect(_nobody_reaps, "whatever_is_open_is_with_a_person", BUSY, 2),
    "a pause is not heeded": Defect(
        rewrites(r"run\.state = %s", "run.state IN (%s, 'paused')"),
        "nothing_begins_in_a_pause",
        fate="paused",
    ),
    "nobody holds a component": Defect(_nobody_holds_a_component, "runs_take_turns", fate="beside"),
    "who went silent was stopped": Defect(_who_went_silent_was_stopped, "stopped_is_true", BUSY, 3),
    "nobody is told": Defect(_nobody_is_told, "everything_is_told"),
    "the inventory is not told": Defect(_the_inventory_is_not_told, "inventory_is_true"),
}
