"""The hot statements of the engine: guarded updates made from the transition tables; 0 rows mean "not yours"."""

# ruff: noqa: S608 (only fragments of this module are joined; every value is a parameter)

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from django.db import connection
from django.db.models import BinaryField

from releaseorch.catalog.states import StepKind
from releaseorch.core import clock
from releaseorch.runs.states import ATTEMPT_MOVES, STEP_FINAL, STEP_MOVES, AttemptState, RunState, StepState

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
    }
)
BEGINS = frozenset({"claim", "take"})
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


@dataclass(frozen=True)
class Worker:
    """The process that carries an attempt."""

    host: str
    boot_id: str
    pid: int


@dataclass(frozen=True)
class Claim:
    """An attempt that this process holds while nobody changes the step's token; who only ends it needs no beginning."""

    run_id: int
    step_id: int
    attempt_id: int
    number: int
    token: int
    began_at: datetime | None = None


@dataclass(frozen=True)
class Ending:
    """How an attempt ended, as it is kept on its row."""

    reason: str = ""
    exit_code: int | None = None
    outputs: Mapping[str, str] | None = None


@dataclass(frozen=True)
class BeforeClaim:
    """What a worker must know of an installation before it claims a step."""

    run_id: int
    newest_migration: int
    has_been_held: bool


class Store:
    """Statements for one kind of database; leases are measured by its clock, everything else by the domain's."""

    now: ClassVar[str]  # the database's present moment
    shifted: ClassVar[str]  # the same, moved by %s seconds

    def before_claim(self, step_id: int, token: int) -> BeforeClaim | None:
        """None when the step has another token by now."""
        rows = self._run(
            "SELECT run_id, (SELECT MAX(id) FROM django_migrations), EXISTS (SELECT 1 FROM core_hold)"
            " FROM runs_step WHERE id = %s AND token = %s",
            [step_id, token],
        )
        return BeforeClaim(rows[0][0], rows[0][1] or 0, bool(rows[0][2])) if rows else None

    def claim(self, step_id: int, token: int, worker: Worker, lease_s: float) -> Claim | None:
        """Ready → running, with a new attempt; only an automated step of a running run within its bounds, only with
        its present token.
        """
        sets, values = self._step_sets("claim")
        sources, states = _sources(STEP_MOVES["claim"].sources)
        rows = self._run(
            f"UPDATE runs_step SET {sets} WHERE id = %s AND token = %s AND state IN ({sources})"
            " AND kind = %s AND NOT is_taken_over AND (not_before IS NULL OR not_before <= %s)"
            " AND EXISTS (SELECT 1 FROM runs_deploymentrun run WHERE run.id = run_id AND run.state = %s"
            " AND (run.begins_until IS NULL OR run.begins_until > %s))"
            " RETURNING run_id, token",
            [*values, step_id, token, *states, StepKind.AUTOMATED.value, self._at(), RunState.RUNNING.value,
             self._at()],
        )  # fmt: skip
        if not rows:
            return None
        run_id, held = rows[0]
        began_at = clock.now()
        attempt_id, number = self._begin_attempt(step_id, held, worker, began_at, lease_s)
        return Claim(run_id, step_id, attempt_id, number, held, began_at)

    def _begin_attempt(
        self, step_id: int, token: int, worker: Worker, began_at: datetime, lease_s: float
    ) -> tuple[int, int]:
        rows = self._run(
            "INSERT INTO runs_attempt (step_id, number, token, state, started_at, lease_until, heartbeat_at,"
            " host, boot_id, pid, external_id, reason, outputs) VALUES (%s,"
            " (SELECT COALESCE(MAX(number), 0) + 1 FROM runs_attempt WHERE step_id = %s),"
            f" %s, %s, %s, {self.shifted}, {self.now}, %s, %s, %s, '', '', '{{}}') RETURNING id, number",
            [
                step_id, step_id, token, AttemptState.RUNNING.value, _as_stored(began_at), lease_s,
                worker.host, worker.boot_id, worker.pid,
            ],
        )  # fmt: skip
        return rows[0][0], rows[0][1]

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

    def finish_attempt(
        self, attempt_id: int, token: int, verb: str, ending: Ending, lapsed_s: float | None = None
    ) -> bool:
        """Running → the verb's target; with `lapsed_s` only when the lease ended longer ago than that."""
        move = ATTEMPT_MOVES[verb]
        sources, states = _sources(move.sources)
        lapsed = f" AND lease_until < {self.shifted}" if lapsed_s is not None else ""
        rows = self._run(
            "UPDATE runs_attempt SET state = %s, ended_at = %s, reason = %s, exit_code = %s, outputs = %s"
            f" WHERE id = %s AND token = %s AND state IN ({sources}){lapsed} RETURNING id",
            [
                move.target, self._at(), ending.reason, ending.exit_code, json.dumps(dict(ending.outputs or {})),
                attempt_id, token, *states, *([] if lapsed_s is None else [-lapsed_s]),
            ],
        )  # fmt: skip
        return bool(rows)

    def move_steps(self, verb: str, ids: Iterable[int], token: int | None = None) -> list[int]:
        """The verb on each of these steps whose state (and token) allows it; returns their ids."""
        wanted = list(ids)
        if not wanted:
            return []
        sets, values = self._step_sets(verb)
        sources, states = _sources(STEP_MOVES[verb].sources)
        holder = "" if token is None else " AND token = %s"
        rows = self._run(
            f"UPDATE runs_step SET {sets} WHERE id IN ({_places(wanted)}) AND state IN ({sources}){holder}"
            " RETURNING id",
            [*values, *wanted, *states, *([] if token is None else [token])],
        )
        return sorted(row[0] for row in rows)

    def pass_on(self, step_id: int) -> list[tuple[int, str]]:
        """One predecessor less for each successor; returns (id, state) of those that have none left."""
        rows = self._run(
            "UPDATE runs_step SET open_predecessors = open_predecessors - 1, row_version = row_version + 1"
            " WHERE open_predecessors > 0 AND id IN (SELECT after_id FROM runs_steplink WHERE before_id = %s)"
            " RETURNING id, state, open_predecessors",
            [step_id],
        )
        return sorted((row[0], row[1]) for row in rows if row[2] == 0)

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
            sets.append("ended_at = %s")
            values.append(at)
        return ", ".join(sets), values

    def _at(self) -> Any:
        return _as_stored(clock.now())

    def _run(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall())


def _as_stored(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


def _places(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))


def _sources(states: Iterable[str]) -> tuple[str, list[str]]:
    listed = sorted(states)
    return _places(listed), listed
