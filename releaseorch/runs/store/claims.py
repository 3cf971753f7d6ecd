"""What the statements are told and what they answer: who works, what is held, how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from releaseorch.core.statements import Row


@dataclass(frozen=True)
class Worker:
    """The process that carries an attempt."""

    host: str
    boot_id: str
    pid: int


@dataclass(frozen=True)
class Claim:
    """An attempt that this process holds while nobody changes the step's token; who only ends it needs no beginning.

    `first_waiting`: the answer to that statement in the moment of the claim.
    """

    run_id: int
    step_id: int
    attempt_id: int
    number: int
    token: int
    began_at: datetime | None = None
    first_waiting: list[Row] | None = field(default=None, compare=False)


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
    is_limited: bool
