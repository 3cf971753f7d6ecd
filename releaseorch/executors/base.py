"""The contract between the run engine and a tool: what an executor is given, what it answers, what it must offer."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from releaseorch.executors import schema
from releaseorch.words import gettext as _

# A: desired state · B: the far side can be searched by our attempt id · C: saved plan and lock · D: unsafe to repeat
EffectClass = Literal["A", "B", "C", "D"]
LOG_LIMIT = 50 * 1024 * 1024
Config = Mapping[str, Any]


class LogSink(Protocol):
    """Where an executor writes what the far side said.

    `write` takes raw bytes (any encoding, at most 64 KB) and returns once they are stored; it raises when the caller
    no longer owns the attempt, and the executor lets that exception through. `skip` says that the next so many bytes
    are not handed over; how many are missing is then said at their place.
    """

    def write(self, data: bytes, /) -> object: ...

    def skip(self, count: int, /) -> object: ...


def kept_of_log(limit: int) -> tuple[int, int]:
    """How many bytes are kept of the beginning and of the end of a log that is longer than the limit."""
    head = limit // 5
    return head, limit - head


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a step would run with: its configuration, whose texts may hold `${name}`, and the values for the names."""

    config: Config
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Context:
    """One attempt as an executor sees it; the same values are given to start, poll, cancel and reconcile.

    `attempt_id` is a name that no other attempt has or will have, also not after a restore. `work_dir` belongs to this
    attempt alone and lasts until the attempt is over; once its worker was lost only a local executor finds it again.
    `outputs` names the values that the step promises to later ones; an attempt that does not deliver them has failed.
    Times are in seconds. Of a log of more than `log_limit` bytes the beginning and the end are kept (`kept_of_log`),
    whoever writes it; a tool that has it elsewhere may skip what would not be.
    """

    attempt_id: str
    step_key: str
    config: Config
    work_dir: Path
    log: LogSink
    parameters: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    timeout_s: float = 3600.0
    silence_s: float | None = None
    log_limit: int = LOG_LIMIT
    outputs: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """It succeeded; `outputs` are the values it hands to later steps."""

    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Running:
    """It goes on without us: `external_id` finds it again, `next_poll_s` is when to ask (0: at once)."""

    external_id: str
    next_poll_s: float


@dataclass(frozen=True, slots=True)
class Failed:
    """The far side said no, or was stopped for taking too long; something may have been changed."""

    reason: str
    exit_code: int | None = None


@dataclass(frozen=True, slots=True)
class Errored:
    """It could not be run and nothing was changed."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can tell what happened: a person decides."""

    reason: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """It was stopped and is confirmed to be gone."""


Result = Done | Running | Failed | Errored | Unknown | Cancelled


def delivered(context: Context, outputs: Mapping[str, str]) -> Done | Failed:
    """Done with these outputs, or Failed with the names of those that the step promised and that are not there."""
    missing = [name for name in context.outputs if name not in outputs]
    if missing:
        return Failed(_("It did not give %(names)s, as it had promised.") % {"names": ", ".join(missing)})
    return Done(outputs)


class ConnectionRefused(ValueError):
    """The step doesn't go with its connection; the message is a sentence, nothing was done."""


class Executor(ABC):
    """One kind of automated step.

    An instance keeps nothing between calls: every call may come from another process, hours later. No method blocks
    for long, unless the tool says that it keeps waiting; what takes time answers Running. A method raises only what the
    log sink raised.
    """

    kind: ClassVar[str]
    label: ClassVar[str]
    effect_class: ClassVar[EffectClass] = "D"
    # What became of an attempt is known on the host that began it and nowhere else.
    is_local: ClassVar[bool] = False
    # Whether it uses `work_dir`; for one that doesn't, nothing is prepared, so claim and intent are one commit.
    keeps_files: ClassVar[bool] = True
    # Whether `start` and `reconcile` may keep their caller waiting, as a request does whose answer is the outcome.
    keeps_waiting: ClassVar[bool] = False
    # What it asks for beyond its configuration, e.g. "secrets"; nothing else is handed over.
    capabilities: ClassVar[frozenset[str]] = frozenset()
    # JSON Schema (2020-12) of an object; the form is drawn from it, so every property has a title.
    config_schema: ClassVar[Mapping[str, Any]]
    # The same for what a connection of this kind says once for all steps that name it; secrets are kept apart.
    connection_schema: ClassVar[Mapping[str, Any]] = {
        "type": "object",
        "properties": {},
        "additionalProperties": False,
    }

    def effect_class_of(self, config: Config) -> EffectClass:
        """Say how safe a repetition is with this configuration; never safer than what the far side guarantees."""
        return self.effect_class

    def validate(self, config: Config) -> dict[str, str]:
        """Return field path → reason (a sentence that never repeats a value), empty when all is well."""
        return schema.problems(self.config_schema, config)

    def validate_connection(self, config: Config) -> dict[str, str]:
        """As `validate`, for the configuration of a connection."""
        return schema.problems(self.connection_schema, config)

    def validate_connected(self, config: Config) -> dict[str, str]:
        """As `validate`, for a step that names a connection, whichever that will be."""
        return self.validate(config)

    def connected(self, config: Config, connection: Config) -> Config:
        """A step's configuration together with its connection's; raises ConnectionRefused with a sentence."""
        return {**connection, **config}

    def origin(self, connection: Config) -> str:
        """Where a connection's secrets go; led elsewhere, it forgets them. Empty: its configuration doesn't tell."""
        return ""

    @abstractmethod
    def plan(self, inputs: Inputs) -> str:
        """Describe in plain text what would be done, without doing or contacting anything."""

    @abstractmethod
    def start(self, context: Context) -> Result:
        """Begin once. The caller has recorded its intent; starting an attempt again has no second effect."""

    @abstractmethod
    def poll(self, context: Context, external_id: str) -> Result:
        """Pass on what was logged since the last poll and say how far it is."""

    @abstractmethod
    def cancel(self, context: Context, external_id: str) -> Result:
        """Stop it. Cancelled only when it is confirmed to be gone; its own end when it was faster; else Unknown."""

    @abstractmethod
    def reconcile(self, context: Context, external_id: str | None) -> Result:
        """Find out what became of an attempt whose worker was lost, perhaps before it stored the external id.

        Errored says that it provably never started and will not start later. Unknown when there is any doubt.
        """
