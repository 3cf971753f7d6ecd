"""What one attempt of a script left on disk: how it stands, its log, its outputs."""

import contextlib
import json
import os
import platform
import re
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any, BinaryIO

from releaseorch.executors.base import Context, kept_of_log
from releaseorch.executors.redaction import MASK, Redactor
from releaseorch.executors.shell import wrapper

OUTPUTS, SCRATCH, _POSITION = "outputs", "scratch", "log.position"
CHUNK = 64 * 1024
CHUNKS_PER_POLL = 16
OUTPUTS_LIMIT = 64 * 1024
_OUTPUT_LINE = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,99})=(.*)")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Traces:
    """The files of the wrapper, read once, and whether it is alive."""

    job: dict[str, Any] | None
    status: dict[str, Any] | None
    ending: dict[str, Any] | None
    is_here: bool
    is_alive: bool

    @property
    def external_id(self) -> str:
        """Name the start of the script, not the place of its files."""
        job = self.job or {}
        return ":".join(str(job.get(key, "")) for key in ("host", "boot_id", "start_id"))


def files(work_dir: Path) -> tuple[dict[str, Any] | None, dict[str, Any] | None, dict[str, Any] | None]:
    """Read job, status and ending, without touching the lock; what another start wrote is not this one's."""
    job = _read(work_dir / wrapper.JOB)
    start_id = (job or {}).get("start_id")
    paths = (work_dir / name for name in (wrapper.STATUS, wrapper.EXIT))
    status, ending = (_read(path) if wrapper.is_of_start(path, start_id) else None for path in paths)
    return job, status, ending


def traces(work_dir: Path) -> Traces:
    """Read how the attempt stands; no side effect."""
    job, status, ending = files(work_dir)
    is_here = job is not None and job["host"] == platform.node() and job["boot_id"] == wrapper.boot_id()
    is_alive = False
    if is_here and ending is None:
        is_alive = _is_locked(work_dir)
        # It may have ended between the two looks.
        job, status, ending = files(work_dir)
    return Traces(job, status, ending, is_here, is_alive)


def give_up(work_dir: Path) -> bool:
    """Make sure that a wrapper that has not come to life never starts the script; False when it was faster."""
    lock = wrapper.take_lock(work_dir)
    if lock is None:
        return False
    try:
        start_id = (_read(work_dir / wrapper.JOB) or {}).get("start_id")
        if any(wrapper.is_of_start(work_dir / name, start_id) for name in (wrapper.STATUS, wrapper.EXIT)):
            return False
        wrapper.write_atomically(work_dir / wrapper.EXIT, {"start_id": start_id, "errored": "given-up"})
        return True
    finally:
        os.close(lock)


def forward_log(context: Context, *, final: bool) -> bool:
    """Hand new log bytes to the sink, cleaned of secrets; True when all there is has been handed over.

    The position is stored after the sink has taken the bytes: a crash in between repeats at most one chunk and loses
    none. What might be the start of a secret stays in the file until the rest of it is there. What is too far behind
    to be kept is skipped.
    """
    path = context.work_dir / wrapper.LOG
    with contextlib.suppress(FileNotFoundError), path.open("rb") as log:
        if _position(context.work_dir) == _size(log):
            return True
        reader = Reader(context, log)
        return any(reader.forward(final=final) for _ in range(CHUNKS_PER_POLL))
    return True


class Reader:
    """Hands one log over, chunk by chunk; without what is too far behind to be kept."""

    def __init__(self, context: Context, log: BinaryIO | FileIO) -> None:
        self._context, self._log = context, log
        self._redactor = Redactor(context.secrets)
        # As the wrapper was told when it began, since it keeps no more of it.
        told = (_read(context.work_dir / wrapper.JOB) or {}).get("log_kept")
        self._head, self._tail = map(int, told or kept_of_log(context.log_limit))

    def forward(self, *, final: bool) -> bool:
        """The next chunk; True when it was the last one there is."""
        last = _position(self._context.work_dir)
        position = self._jumped(last)
        self._log.seek(position)
        chunk = self._log.read(CHUNK)
        if self._may_be_gone(position):
            return False
        is_end = len(chunk) < CHUNK
        clean, used = self._redactor.redact(chunk, final=final and is_end)
        if used == 0 and chunk and not is_end:
            clean, used = MASK, len(chunk)  # a secret longer than a chunk: nothing of it is shown
        if used:
            self._write(position - last, clean)
            _store_position(self._context.work_dir, position + used)
        return is_end

    def _write(self, skipped: int, clean: bytes) -> None:
        if skipped:
            self._context.log.skip(skipped)
        for start in range(0, len(clean), CHUNK):
            self._context.log.write(clean[start : start + CHUNK])

    def _jumped(self, position: int) -> int:
        """From where to read on: when far behind, where the end that is kept begins; never within a line or a secret.

        A little more than that is read without a jump, so that a log which grows fast isn't all gaps.
        """
        target = _size(self._log) - self._tail
        if position < self._head or target - position <= self._tail // 4:
            return position
        longest = self._redactor.longest
        begin = max(target - CHUNK - longest, position)
        self._log.seek(begin)
        around = self._log.read(target - begin + longest + CHUNK)
        line = around.rfind(b"\n", max(target - begin - CHUNK, 0), target - begin) + 1
        return begin + self._redactor.after_secret(around, line or target - begin)

    def _may_be_gone(self, position: int) -> bool:
        """Whether the wrapper may have freed what was just read; it frees what is more than twice the end behind."""
        return position >= self._head and _size(self._log) - position > self._tail + self._tail // 2


def _size(log: BinaryIO | FileIO) -> int:
    return os.fstat(log.fileno()).st_size


def read_outputs(context: Context) -> dict[str, str]:
    """Return the KEY=value lines that the script wrote; other lines, links and what exceeds 64 KB are not read."""
    try:
        descriptor = os.open(context.work_dir / OUTPUTS, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return {}
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(OUTPUTS_LIMIT)
    clean, _ = Redactor(context.secrets).redact(content, final=True)
    found = (_OUTPUT_LINE.fullmatch(line) for line in clean.decode("utf-8", "replace").split("\n"))
    return {match.group(1): _CONTROL.sub("", match.group(2)) for match in found if match}


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def _is_locked(work_dir: Path) -> bool:
    lock = wrapper.take_lock(work_dir)
    if lock is None:
        return True
    os.close(lock)
    return False


def _position(work_dir: Path) -> int:
    stored = _read(work_dir / _POSITION)
    return int(stored["position"]) if stored else 0


def _store_position(work_dir: Path, position: int) -> None:
    # Not forced to the disk: after a power cut an older position repeats bytes, and loses none.
    draft = work_dir / f"{_POSITION}.{os.getpid()}.draft"
    draft.write_text(json.dumps({"position": position}), encoding="utf-8")
    draft.rename(work_dir / _POSITION)
