"""Installs a lock into an environment with uv or pip, shows that it moves, and says in one sentence why it failed."""

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from releaseorch.launcher.console import Refusal, say

SHOW_EVERY = 5.0  # seconds
WIDTH = 100
# What the tools print for it -> what a person does about it. The first that matches counts.
CAUSES: dict[str, str] = {
    r"do not match the hashes|hash mismatch": (
        "a downloaded package is not the one that the lock names, and nothing of it was used: run the command again,"
        " and if it stays so, ask who runs your package index."
    ),
    r"no space left": "the disk is full: free about 500 MB and run the command again.",
    r"read-only file system|permission denied": (
        "the folder cannot be written to: copy Releaseorch to a folder that you may write to and run the command again."
    ),
    (
        r"connection broken|newconnectionerror|name resolution|failed to fetch|dns error|error sending request"
        r"|timed out|proxyerror|network is unreachable|connection refused|connecttimeout|ssl: "
    ): (
        "the package index could not be reached: check the network (or set the proxy or index of your company"
        " for pip or uv) and run the command again."
    ),
    r"from versions: none|no matching distribution|no wheels|unsatisfiable|not compatible": (
        "a package is not to be had for this Python or machine: use CPython 3.11 to 3.14 on Linux or macOS."
    ),
}


def find_uv() -> str | None:
    """uv, when it is there and runs (a version manager's shim may be there and not run)."""
    uv = shutil.which("uv")
    if uv is None:
        return None
    try:
        done = subprocess.run([uv, "--version"], capture_output=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return uv if done.returncode == 0 else None


def install(uv: str | None, python: Path, lock: Path, log: Path) -> None:
    """Installs exactly what the lock names, hashes compared; raises Refusal otherwise."""
    argv = _command(uv, python, lock)
    if sys.stdout.isatty() and subprocess.run(argv, check=False).returncode == 0:
        return
    # Without a terminal, or to learn why it failed: keep the output.
    code, output = _watched(argv)
    log.write_text(output)
    if code:
        raise Refusal(f"The packages could not be installed: {cause(output, log)}")


def compile_own(python: Path, folder: Path) -> None:
    """Our own modules too; where the folder may not be written to, the start is a little slower, no more."""
    argv = [str(python), "-m", "compileall", "-q", str(folder)]
    subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def _command(uv: str | None, python: Path, lock: Path) -> list[str]:
    if uv:
        # Compiled now, or the first start would do it while a person waits for the page (pip does so by itself).
        known = ["--python", str(python), "--compile-bytecode"]
        return [uv, "pip", "install", *known, "--require-hashes", "-r", str(lock)]
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--retries", "3"]
    return [*pip, "--require-hashes", "-r", str(lock)]


def _watched(argv: list[str]) -> tuple[int, str]:
    lines: list[str] = []
    shown = time.monotonic()
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if time.monotonic() - shown >= SHOW_EVERY:
                say(f"    {line.strip()[:WIDTH]}")
                shown = time.monotonic()
    return process.returncode, "".join(lines)


def cause(output: str, log: Path) -> str:
    for pattern, advice in CAUSES.items():
        if re.search(pattern, output, re.IGNORECASE):
            return advice
    last = (output.strip().splitlines() or ["no message"])[-1].strip()
    return f"{last} The whole output is in {log}."
