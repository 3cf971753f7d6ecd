"""Runs a program on this host; it goes on when the worker dies, and its end is read from disk."""

import json
import os
import platform
import shlex
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from releaseorch.executors import base, template
from releaseorch.executors.base import (
    Cancelled,
    Config,
    Context,
    Done,
    Errored,
    Failed,
    Inputs,
    Result,
    Running,
    Unknown,
)
from releaseorch.executors.redaction import MIN_LENGTH, Redactor
from releaseorch.executors.shell import attempt, config, endings, orphan, wrapper
from releaseorch.words import gettext as _
from releaseorch.words import gettext_noop, ngettext

LIFELINE_VARIABLE = "RELEASEORCH_LIFELINE_FD"
CONFIRM_WAIT_S = 15.0
# What a script prints is read after the longer of these at the latest, and shown within a second (`web/step_log.py`).
POLL_MIN_S, POLL_MAX_S = 0.05, 0.3


class ShellExecutor(base.Executor):
    """A program and its arguments, never a command line; README.md says what the program finds."""

    kind: ClassVar[str] = "shell"
    label: ClassVar[str] = gettext_noop("Shell script")
    is_local: ClassVar[bool] = True
    capabilities: ClassVar[frozenset[str]] = frozenset({"secrets"})
    config_schema: ClassVar[Mapping[str, Any]] = config.SCHEMA
    connection_schema: ClassVar[Mapping[str, Any]] = config.CONNECTION_SCHEMA

    def validate(self, config_: Config) -> dict[str, str]:
        return super().validate(config_) or config.problems(config_, os.environ)

    def validate_connection(self, config_: Config) -> dict[str, str]:
        return super().validate_connection(config_) or config.variable_problems(config_, os.environ)

    def connected(self, config_: Config, connection: Config) -> Config:
        """The step's own variables and folder count more than those of its connection."""
        env = {**connection.get("env", {}), **config_.get("env", {})}
        return {**connection, **config_, "env": env}

    def plan(self, inputs: Inputs) -> str:
        try:
            command = config.command_of(inputs, os.environ)
        except (config.Refused, template.TemplateError) as problem:
            return _("This can't be run: %(problem)s") % {"problem": problem}
        where = _("Run on the worker's host, in a new folder:")
        if command.cwd:
            where = _("Run on the worker's host, in %(folder)s:") % {"folder": command.cwd}
        lines = [where, f"  {shlex.join(command.argv)}"]
        for name in sorted(inputs.config.get("env", {})):
            value = f"{name}={command.env[name]}"
            lines.append("  " + _("with %(value)s") % {"value": value})
        return "\n".join(lines)

    def start(self, context: Context) -> Result:
        try:
            command = config.command_of(Inputs(context.config, context.parameters), os.environ)
            lifeline = _lifeline()
            is_first = _prepare(context, command, lifeline)
        except (config.Refused, template.TemplateError) as problem:
            return Errored(str(problem))
        except OSError as problem:
            said = _("The folder of the attempt can't be prepared (%(fault)s).")
            return Errored(said % {"fault": type(problem).__name__})
        if not is_first:
            return self.reconcile(context, None)
        _warn_of_short_secrets(context)
        if not _start_wrapper(context.work_dir, lifeline):
            return self.cancel(context, "")
        found = attempt.traces(context.work_dir)
        if found.ending and "errored" in found.ending:
            return endings.not_started(found.ending, found.job)
        return Running(found.external_id, POLL_MIN_S)

    def poll(self, context: Context, external_id: str) -> Result:
        return self.reconcile(context, external_id)

    def cancel(self, context: Context, external_id: str) -> Result:
        found = attempt.traces(context.work_dir)
        if found.is_alive:
            grace_s = float(found.job["grace_s"]) if found.job else config.DEFAULT_GRACE_S
            (context.work_dir / wrapper.CANCEL).touch()
            _wait_for_ending(context.work_dir, grace_s + wrapper.KILL_WAIT_S + 2)
        elif found.is_here and found.ending is None and found.status and orphan.end(found.status):
            attempt.forward_log(context, final=True)
            orphan.remove_secrets(context.work_dir)
            return Cancelled()
        result = _settled(self.reconcile(context, external_id), self, context)
        if isinstance(result, Running):
            return Unknown(_("It was asked to stop, but it is not confirmed that it did."))
        return result

    def reconcile(self, context: Context, external_id: str | None) -> Result:
        found = attempt.traces(context.work_dir)
        if found.job is None:
            return Unknown(_("Nothing is known here about this attempt: it may have run on another host."))
        if external_id and external_id != found.external_id:
            return Unknown(_("The files of this attempt belong to another start of it."))
        if found.ending is not None:
            return _final(context, found)
        if not found.is_here:
            orphan.remove_secrets(context.work_dir)
            return Unknown(_("It ran on another host, or before this host was started again."))
        if found.is_alive:
            is_all = attempt.forward_log(context, final=False)
            return Running(found.external_id, _next_poll_s(found) if is_all else POLL_MIN_S)
        return self._without_wrapper(context, found)

    def _without_wrapper(self, context: Context, found: attempt.Traces) -> Result:
        if found.status is None:
            if attempt.give_up(context.work_dir):
                orphan.remove_secrets(context.work_dir)
                return endings.not_started({"errored": "given-up"}, found.job)
            found = attempt.traces(context.work_dir)
            if found.is_alive or found.status or found.ending:
                return self.reconcile(context, None)  # it came to life in this moment
            return Unknown(_("The wrapper ended without a word about how the script did."))
        attempt.forward_log(context, final=True)
        is_there = orphan.pid_of(found.status) is not None
        orphan.remove_secrets(context.work_dir)
        pid = found.status.get("script_pid")
        said = _("The wrapper ended without a word about how the script did.")
        if is_there:
            said += " " + _("Its process %(pid)d is still there.") % {"pid": pid}
        return Unknown(said)


def _prepare(context: Context, command: config.Command, lifeline: int | None) -> bool:
    """Write the job; False when this attempt already has one."""
    work_dir = context.work_dir
    if (work_dir / wrapper.JOB).exists():
        return False
    scratch, secrets = work_dir / attempt.SCRATCH, work_dir / wrapper.SECRETS
    for folder in (work_dir, scratch, secrets):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_secrets(secrets, context.secrets)
    own = {
        "ATTEMPT_ID": context.attempt_id,
        "RELEASEORCH_OUTPUTS": str(work_dir / attempt.OUTPUTS),
        orphan.SECRETS_VARIABLE: str(secrets),
    }
    job = {
        "start_id": uuid.uuid4().hex,
        "host": platform.node(),
        "boot_id": wrapper.boot_id(),
        "argv": command.argv,
        "cwd": command.cwd or str(scratch),
        "env": command.env | own,
        "timeout_s": context.timeout_s,
        "silence_s": context.silence_s,
        "grace_s": command.grace_s,
        "lifeline_fd": lifeline,
        "log_kept": base.kept_of_log(context.log_limit),
    }
    try:
        descriptor = os.open(work_dir / wrapper.JOB, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(job, file)
    return True


def _write_secrets(folder: Path, secrets: Mapping[str, bytes]) -> None:
    for name, value in secrets.items():
        if not name.replace("_", "").replace("-", "").isalnum():
            raise config.Refused(_("The name of a secret may hold letters, digits, “-” and “_” alone."))
        path = folder / name
        path.touch(mode=0o600)
        path.write_bytes(value)


def _warn_of_short_secrets(context: Context) -> None:
    for name in Redactor(context.secrets).too_short:
        said = ngettext(
            "The secret “%(name)s” is shorter than %(n)d character and is not hidden in this log.",
            "The secret “%(name)s” is shorter than %(n)d characters and is not hidden in this log.",
            MIN_LENGTH,
        ) % {"name": name, "n": MIN_LENGTH}
        context.log.write(f"{said}\n".encode())


def _lifeline() -> int | None:
    """Return the pipe whose end must end the script, as the supervisor of the demo asks for."""
    text = os.environ.get(LIFELINE_VARIABLE, "")
    if not text:
        return None
    try:
        descriptor = int(text)
        os.fstat(descriptor)
    except (ValueError, OSError, OverflowError):
        said = _("%(variable)s does not name an open pipe.") % {"variable": LIFELINE_VARIABLE}
        raise config.Refused(said) from None
    return descriptor


def _start_wrapper(work_dir: Path, lifeline: int | None) -> bool:
    """Start the wrapper and wait for its word; False when it gave none, or an end instead."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", wrapper.__file__, str(work_dir)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=() if lifeline is None else (lifeline,),
    )
    try:
        said, _errors = process.communicate(timeout=CONFIRM_WAIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return False
    return said == wrapper.STARTED or (work_dir / wrapper.EXIT).exists()


def _final(context: Context, found: attempt.Traces) -> Result:
    ending = found.ending or {}
    if "errored" in ending:
        return endings.not_started(ending, found.job)
    if not attempt.forward_log(context, final=True):
        return Running(found.external_id, 0)
    if ending["stopped"]:
        return endings.stopped(context, ending)
    code = int(ending["code"])
    if code != 0:
        return Failed(endings.exit_sentence(code), endings.exit_code(code))
    outputs = attempt.read_outputs(context)
    missing = [name for name in context.outputs if name not in outputs]
    if missing:
        said = _("It ended well but did not say what it promised: %(names)s.")
        return Failed(said % {"names": ", ".join(missing)}, 0)
    return Done(outputs)


def _next_poll_s(found: attempt.Traces) -> float:
    """Ask often at first, then less: a tenth of its age."""
    age = time.time() - float((found.status or {}).get("started_at", time.time()))
    return min(max(age / 10, POLL_MIN_S), POLL_MAX_S)


def _settled(result: Result, executor: ShellExecutor, context: Context) -> Result:
    """Read the rest of a long log of an attempt that has ended."""
    while isinstance(result, Running) and result.next_poll_s == 0:
        result = executor.reconcile(context, result.external_id)
    return result


def _wait_for_ending(work_dir: Path, wait_s: float) -> None:
    until = time.monotonic() + wait_s
    while time.monotonic() < until and attempt.traces(work_dir).is_alive:
        time.sleep(wrapper.TICK_S)
