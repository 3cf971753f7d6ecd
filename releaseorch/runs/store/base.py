"""The hot statements of the engine: guarded updates made from the transition tables; 0 rows mean "not yours"."""

# ruff: noqa: S608 (only fragments of this module are joined; every value is a parameter)

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from django.db import connection
from django.db.models import BinaryField

from releaseorch.catalog.states import StepKind
from releaseorch.core import clock, statements
from releaseorch.core.statements import Asking, Row, Statement, places
from releaseorch.runs.states import ATTEMPT_MOVES, STEP_FINAL, STEP_MOVES, AttemptState, RunState, StepState
from releaseorch.runs.store.claims import BeforeClaim, Claim, Ending, Worker

# With each of these the step changes its owner, so what the owner before still says no longer counts.
CHANGES_HANDS = frozenset(
    {
        "claim",
        "take",
        "hand_back",
        "reattach",
        "requeue",
        "back_off",
        "stop_retrying",
        "retry",
        "take_over",
        "mark_done",
        "skip",
        "mark_failed",
        "cancel",
        "confirm_cancel",
        "repeat",
        "wait_again",
    }
)
BEGINS = frozenset({"claim", "take"})
_PENDING = StepState.PENDING.value  # the one state from which a step becomes ready
_UNCHANGED = " AND NOT EXISTS (SELECT 1 FROM core_hold) AND (SELECT MAX(id) FROM django_migrations) = %s"
_NO_RETRIES = "retries = 0, not_before = NULL"
ALSO_SETS = {
    "requeue": "requeues = requeues + 1",
    "back_off": "retries = retries + 1",
    "stop_retrying": _NO_RETRIES,
    "retry": _NO_RETRIES,
    "need_decision": "owner_id = NULL",
    "hand_back": "owner_id = NULL",
    "repeat": f"owner_id = NULL, ended_at = NULL, {_NO_RETRIES}",
}


class Store:
    """Statements for one kind of database; leases are measured by its clock, everything else by the domain's."""

    now: ClassVar[str]  # the database's present moment
    shifted: ClassVar[str]  # the same, moved by %s seconds
    later: ClassVar[str]  # of two moments
    after: ClassVar[str]  # for a step's id: among those that follow the step %s
    locking_run: ClassVar[str]  # what follows the query of a run whose row is to be locked

    def before_claim(self, step_id: int, token: int) -> BeforeClaim | None:
        """None when the step has another token by now."""
        rows = self._run(
            "SELECT run_id, (SELECT MAX(id) FROM django_migrations), EXISTS (SELECT 1 FROM core_hold), is_limited"
            " FROM runs_step WHERE id = %s AND token = %s",
            [step_id, token],
        )
        if not rows:
            return None
        run_id, newest, has_been_held, is_limited = rows[0]
        return BeforeClaim(run_id, newest or 0, bool(has_been_held), bool(is_limited))

    def claim(self, step_id: int, token: int, worker: Worker, lease_s: float, **more: Any) -> Claim | None:
        return statements.asked(self.claiming(step_id, token, worker, lease_s, **more))

    def claiming(
        self,
        step_id: int,
        token: int,
        worker: Worker,
        lease_s: float,
        *,
        has_place: bool = False,
        with_intent: bool = False,
        newest_migration: int | None = None,
        asks_for: int | None = None,
    ) -> Asking[Claim | None]:
        """Ready → running, with a new attempt; only an automated step of a running run within its bounds, only with
        its present token. One that a limit concerns only for who has seen that there is a place for it (`runs.limits`).

        Within the transaction that has locked the run. `newest_migration`: who knows none later claims only while
        there is none, and no hold ever was. `asks_for`: what that run waits for first then is said with the claim.
        """
        began_at = clock.now()
        claimed, begun, *first = yield [
            self._claimed(step_id, token, newest_migration, has_place=has_place),
            self._begun(step_id, token + 1, worker, began_at, lease_s, with_intent=with_intent),
            *([] if asks_for is None else [self.first_waiting(asks_for)]),
        ]
        if len(claimed) != len(begun):
            raise RuntimeError(f"step {step_id} is not where its attempt is")
        if not claimed:
            return None
        (run_id, held), (attempt_id, number) = claimed[0], begun[0]
        return Claim(run_id, step_id, attempt_id, number, held, began_at, *first)

    def _claimed(
        self, step_id: int, token: int, newest_migration: int | None, *, has_place: bool
    ) -> Statement:
        sets, values = self._step_sets("claim")
        sources, states = _sources(STEP_MOVES["claim"].sources)
        unlimited = "" if has_place else " AND NOT is_limited"
        unchanged = "" if newest_migration is None else _UNCHANGED
        return (
            f"UPDATE runs_step SET {sets} WHERE id = %s AND token = %s AND state IN ({sources})"
            f" AND kind = %s AND NOT is_taken_over{unlimited} AND (not_before IS NULL OR not_before <= %s)"
            " AND (SELECT run.state = %s AND (run.begins_until IS NULL OR run.begins_until > %s)"
            f" FROM runs_deploymentrun run WHERE run.id = run_id){unchanged}"
            " RETURNING run_id, token",
            [*values, step_id, token, *states, StepKind.AUTOMATED.value, self._at(), RunState.RUNNING.value,
             self._at(), *([] if newest_migration is None else [newest_migration])],
        )  # fmt: skip

    def _begun(
        self,
        step_id: int,
        token: int,
        worker: Worker,
        began_at: datetime,
        lease_s: float,
        *,
        with_intent: bool,
    ) -> Statement:
        """The attempt of a step that was claimed in this moment: running, with a token that no attempt has yet."""
        return (
            "INSERT INTO runs_attempt (step_id, number, token, state, started_at, lease_until, heartbeat_at,"
            " effect_started_at, host, boot_id, pid, external_id, reason, outputs) SELECT id,"
            " (SELECT COALESCE(MAX(number), 0) + 1 FROM runs_attempt WHERE step_id = runs_step.id),"
            f" token, %s, %s, {self.shifted}, {self.now}, {self.now if with_intent else 'NULL'},"
            " %s, %s, %s, '', '', '{}'"
            " FROM runs_step WHERE id = %s AND token = %s AND state = %s"
            " AND NOT EXISTS (SELECT 1 FROM runs_attempt WHERE step_id = runs_step.id AND token = %s)"
            " RETURNING id, number",
            [
                AttemptState.RUNNING.value, _as_stored(began_at), lease_s, worker.host, worker.boot_id, worker.pid,
                step_id, token, StepState.RUNNING.value, token,
            ],
        )  # fmt: skip

    def record_intent(self, claim: Claim, lease_s: float) -> bool:
        """Commit that the first effect outside comes now; False when the attempt is lost or was asked to stop."""
        return self._change_attempt(
            claim,
            f"effect_started_at = {self.now}, heartbeat_at = {self.now}, lease_until = {self.shifted}",
            [lease_s],
            " AND effect_started_at IS NULL AND cancel_asked_at IS NULL",
        )

    def has_intent(self, claim: Claim) -> bool:
        """Whether the intent of this attempt stands: for who lost the answer when it was recorded."""
        rows = self._run(
            "SELECT id FROM runs_attempt WHERE id = %s AND token = %s AND state = %s"
            " AND effect_started_at IS NOT NULL",
            [claim.attempt_id, claim.token, AttemptState.RUNNING.value],
        )
        return bool(rows)

    def holds(self, claim: Claim) -> bool:
        """Whether this attempt is there and still the claim's: for who lost the answer when it was made."""
        rows = self._run(
            "SELECT id FROM runs_attempt WHERE id = %s AND token = %s AND state = %s AND step_id = %s",
            [claim.attempt_id, claim.token, AttemptState.RUNNING.value, claim.step_id],
        )
        return bool(rows)

    def heartbeat(self, claim: Claim, lease_s: float) -> bool | None:
        """Renew the lease; True when somebody asked to stop, None when the attempt is lost."""
        rows = self._run(
            f"UPDATE runs_attempt SET heartbeat_at = {self.now}, lease_until = {self.shifted},"
            " asked_at = NULL, asks = 0 WHERE id = %s AND token = %s AND state = %s RETURNING cancel_asked_at",
            [lease_s, claim.attempt_id, claim.token, AttemptState.RUNNING.value],
        )
        # Not asked of the database: SQLite 3.40 answers `IS NOT NULL` wrongly in RETURNING.
        return rows[0][0] is not None if rows else None

    def let_lapse(self, claim: Claim, grace_s: float) -> bool:
        """Whoever holds it lets it go, to be taken by another worker at once."""
        return self._change_attempt(claim, f"lease_until = {self.shifted}", [-grace_s - 1])

    def note_ask(self, claim: Claim, every_s: float) -> bool:
        """Workers are asked once more what became of an attempt; False when they just were, or somebody holds it."""
        return self._change_attempt(
            claim,
            f"asked_at = {self.now}, asks = asks + 1",
            [],
            f" AND lease_until < {self.now} AND (asked_at IS NULL OR asked_at < {self.shifted})",
            [-every_s],
        )

    def reattach(self, claim: Claim, worker: Worker, lease_s: float, grace_s: float) -> Claim | None:
        """Go on with an attempt that had begun, once its lease ended longer ago than the grace; with the next token."""
        rows = self._run(
            "UPDATE runs_attempt SET token = token + 1, host = %s, boot_id = %s, pid = %s,"
            f" heartbeat_at = {self.now}, lease_until = {self.shifted}, asked_at = NULL, asks = 0"
            " WHERE id = %s AND token = %s AND state = %s AND effect_started_at IS NOT NULL"
            f" AND lease_until < {self.shifted} RETURNING token",
            [
                worker.host, worker.boot_id, worker.pid, lease_s,
                claim.attempt_id, claim.token, AttemptState.RUNNING.value, -grace_s,
            ],
        )  # fmt: skip
        if not rows:
            return None
        if not self.move_steps("reattach", [claim.step_id], claim.token):
            raise RuntimeError(f"step {claim.step_id} is not where its attempt {claim.attempt_id} is")
        return replace(claim, token=rows[0][0])

    def keep_external_id(self, claim: Claim, external_id: str) -> bool:
        return self._change_attempt(claim, "external_id = %s", [external_id[:300]])

    def append_log(self, claim: Claim, offset: int, data: bytes) -> bool:
        """Add one chunk, once however often it is tried; the offset is where the log ended before."""
        attempt = [claim.attempt_id, claim.token, AttemptState.RUNNING.value]
        rows = self._run(
            'INSERT INTO runs_logchunk (attempt_id, "offset", data, at)'
            " SELECT id, %s, %s, %s FROM runs_attempt WHERE id = %s AND token = %s AND state = %s"
            ' ON CONFLICT (attempt_id, "offset") DO NOTHING RETURNING id',
            [offset, BinaryField().get_db_prep_value(data, connection), self._at(), *attempt],
        )
        if rows:
            return True
        # Not ours any more, or there already since the answer of an earlier try was lost.
        there = self._run(
            "SELECT data FROM runs_logchunk chunk JOIN runs_attempt ON runs_attempt.id = chunk.attempt_id"
            ' WHERE chunk."offset" = %s AND runs_attempt.id = %s AND token = %s AND state = %s',
            [offset, *attempt],
        )
        return bool(there) and bytes(there[0][0]) == data

    def drop_log(self, claim: Claim, since: int, until: int, limit: int) -> int:
        """Remove the first chunks that begin between these offsets; from where on to look the next time."""
        rows = self._run(
            "DELETE FROM runs_logchunk WHERE id IN (SELECT chunk.id FROM runs_logchunk chunk JOIN runs_attempt"
            " ON runs_attempt.id = chunk.attempt_id WHERE runs_attempt.id = %s AND token = %s AND state = %s"
            ' AND chunk."offset" >= %s AND chunk."offset" < %s ORDER BY chunk."offset" LIMIT %s)'
            ' RETURNING "offset"',
            [claim.attempt_id, claim.token, AttemptState.RUNNING.value, since, until, limit],
        )
        return max((row[0] + 1 for row in rows), default=since)

    def succeeding(self, claim: Claim, ending: Ending) -> tuple[Statement, Statement]:
        """The attempt and its step; what both answer is told to `has_succeeded`."""
        attempt = self._ended(claim.attempt_id, claim.token, "succeed", ending)
        return attempt, self._moved("succeed", [claim.step_id], claim.token, "id, is_limited")

    def has_succeeded(self, claim: Claim, ended: Sequence[Row], moved: Sequence[Row]) -> tuple[bool, bool]:
        """Not when the attempt isn't the claim's any more; and whether a limit concerns the step."""
        if len(ended) != len(moved):
            raise RuntimeError(f"step {claim.step_id} is not where its attempt {claim.attempt_id} is")
        return bool(ended), bool(moved and moved[0][1])

    def finish_attempt(
        self, attempt_id: int, token: int, verb: str, ending: Ending, lapsed_s: float | None = None
    ) -> bool:
        """Running → the verb's target; with `lapsed_s` only when the lease ended longer ago than that."""
        return bool(self._run(*self._ended(attempt_id, token, verb, ending, lapsed_s)))

    def _ended(
        self, attempt_id: int, token: int, verb: str, ending: Ending, lapsed_s: float | None = None
    ) -> Statement:
        move = ATTEMPT_MOVES[verb]
        sources, states = _sources(move.sources)
        lapsed = f" AND lease_until < {self.shifted}" if lapsed_s is not None else ""
        return (
            f"UPDATE runs_attempt SET state = %s, ended_at = {self.later}(started_at, %s), reason = %s,"
            " exit_code = %s, outputs = %s"
            f" WHERE id = %s AND token = %s AND state IN ({sources}){lapsed} RETURNING id",
            [
                move.target, self._at(), ending.reason, ending.exit_code, json.dumps(dict(ending.outputs or {})),
                attempt_id, token, *states, *([] if lapsed_s is None else [-lapsed_s]),
            ],
        )  # fmt: skip

    def move_steps(self, verb: str, ids: Iterable[int], token: int | None = None) -> list[int]:
        """The verb on each of these steps whose state (and token) allows it; returns their ids."""
        wanted = list(ids)
        return sorted(row[0] for row in self._run(*self._moved(verb, wanted, token))) if wanted else []

    def _moved(self, verb: str, ids: Sequence[int], token: int | None, answers: str = "id") -> Statement:
        sets, values = self._step_sets(verb)
        sources, states = _sources(STEP_MOVES[verb].sources)
        holder = "" if token is None else " AND token = %s"
        return (
            f"UPDATE runs_step SET {sets} WHERE id IN ({places(ids)}) AND state IN ({sources}){holder}"
            f" RETURNING {answers}",
            [*values, *ids, *states, *([] if token is None else [token])],
        )

    def pass_on(self, step_id: int, at: datetime) -> Statement:
        """One predecessor less for each successor, and who has none left becomes ready at that moment.

        It answers with id, state and number of open predecessors of each.
        """
        when, ready = _as_stored(at), f"open_predecessors = 1 AND state = '{_PENDING}'"
        return (
            "UPDATE runs_step SET open_predecessors = open_predecessors - 1, row_version = row_version + 1,"
            f" state = CASE WHEN {ready} THEN %s ELSE state END,"
            f" ready_at = CASE WHEN {ready} THEN %s ELSE ready_at END,"
            f" nudged_at = CASE WHEN {ready} THEN %s ELSE nudged_at END,"
            f" nudges = CASE WHEN {ready} THEN 0 ELSE nudges END"
            f" WHERE open_predecessors > 0 AND id {self.after}"
            " RETURNING id, state, open_predecessors",
            [STEP_MOVES["become_ready"].target, when, when, step_id],
        )

    def made_ready(self, step_id: int, at: datetime) -> tuple[str, list[Any]]:
        """The successors that `pass_on` made ready at that moment: as a condition, and its values."""
        return (
            # By `COALESCE` no index is meant: that of the states would be read through for all that are ready.
            f"runs_step.id {self.after} AND COALESCE(runs_step.state, '') = %s AND runs_step.ready_at = %s",
            [step_id, StepState.READY.value, _as_stored(at)],
        )

    def first_waiting(self, run_id: int) -> Statement:
        """It answers with the id of the step for which the run waits first, or NULL.

        What stands still comes before what moves, and what a worker will take in a moment comes last.
        """
        asked = (
            (StepState.NEEDS_DECISION, ""),
            (StepState.READY, f" AND (kind = '{StepKind.MANUAL.value}' OR is_taken_over)"),
            (StepState.CLAIMED, ""),
            (StepState.RUNNING, ""),
            (StepState.PROPOSED, ""),
            (StepState.READY, ""),
        )
        first = (
            f"(SELECT id FROM runs_step WHERE run_id = %s AND state = %s{more} ORDER BY number LIMIT 1)"
            for _state, more in asked
        )
        values = [value for state, _more in asked for value in (run_id, state.value)]
        return f"SELECT COALESCE({', '.join(first)})", values

    def lapsed(self, grace_s: float, limit: int) -> list[int]:
        """Attempts whose lease ended longer ago than the grace, the oldest first."""
        rows = self._run(
            f"SELECT id FROM runs_attempt WHERE state = %s AND lease_until < {self.shifted}"
            " ORDER BY lease_until LIMIT %s",
            [AttemptState.RUNNING.value, -grace_s, limit],
        )
        return [row[0] for row in rows]

    def _change_attempt(
        self, claim: Claim, sets: str, values: Sequence[Any], more: str = "", more_values: Sequence[Any] = ()
    ) -> bool:
        rows = self._run(
            f"UPDATE runs_attempt SET {sets} WHERE id = %s AND token = %s AND state = %s{more} RETURNING id",
            [*values, claim.attempt_id, claim.token, AttemptState.RUNNING.value, *more_values],
        )
        return bool(rows)

    def _step_sets(self, verb: str) -> tuple[str, list[Any]]:
        """What the transition method of the same name does to the row; one test compares them."""
        target, at = STEP_MOVES[verb].target, self._at()
        sets, values = ["state = %s", "row_version = row_version + 1"], [target]
        if verb in CHANGES_HANDS:
            sets.append("token = token + 1")
        if verb in BEGINS:
            sets.append("started_at = COALESCE(started_at, %s)")
            values.append(at)
        if verb in ALSO_SETS:
            sets.append(ALSO_SETS[verb])
        if target == StepState.READY:
            sets.append("ready_at = %s, nudged_at = %s, nudges = 0")
            values += [at, at]
        if target in STEP_FINAL:
            sets.append(f"ended_at = COALESCE({self.later}(started_at, %s), %s)")
            values += [at, at]
        return ", ".join(sets), values

    def _at(self) -> Any:
        return _as_stored(clock.now())

    def _run(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        return statements.run(statement, values)


def _as_stored(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


def _sources(states: Iterable[str]) -> tuple[str, list[str]]:
    listed = sorted(states)
    return places(listed), listed
