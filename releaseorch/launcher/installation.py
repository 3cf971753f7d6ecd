"""Makes and refreshes `.venv` from a hash-pinned lock: with uv when present, else with venv and pip.

1. A finished `.venv` carries a stamp: the hashes of the locks it holds and the names of what was installed.
2. While one is made or changed it carries a mark; one with the mark, or whose Python doesn't run, is made anew.
3. The test lock holds everything of the run lock, so one `.venv` serves both commands.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from releaseorch.launcher import packages
from releaseorch.launcher.console import Refusal, phase, say
from releaseorch.launcher.state import ROOT

LOCKS = {"run": ROOT / "requirements.lock", "test": ROOT / "requirements-test.lock"}
STAMP = "releaseorch.json"
MARK = "releaseorch-unfinished"
REENTERED = "RELEASEORCH_REENTERED"


def folder() -> Path:
    return Path(os.environ.get("RELEASEORCH_VENV") or ROOT / ".venv").absolute()


def python() -> Path:
    return folder() / "bin" / "python"


def inside() -> bool:
    """Whether this very process runs in our `.venv`."""
    return folder().exists() and Path(sys.prefix).samefile(folder())


def finished() -> bool:
    return bool(_stamp()) and _runs()


def ensure(lock: str, argv: Sequence[str]) -> None:
    """Returns when this process runs in an environment that holds the lock ("run" or "test"), or becomes one.

    Raises Refusal with one sentence when that can't be had.
    """
    wanted = _digest(LOCKS[lock])
    if not _holds(lock, wanted):
        with _alone():
            if not _holds(lock, wanted):
                _install(lock, wanted)
    if not inside():
        reenter(argv)
    os.environ.pop(REENTERED, None)


def reenter(argv: Sequence[str]) -> None:
    """Becomes the same command under the Python of `.venv`; the process id stays."""
    if os.environ.get(REENTERED) == str(os.getpid()):  # never in circles
        raise Refusal(f"{folder()} does not work: remove that folder and run the command again.")
    os.environ[REENTERED] = str(os.getpid())
    sys.stdout.flush()
    os.execv(python(), [str(python()), str(ROOT / "manage.py"), *argv[1:]])  # noqa: S606 (no shell is wanted)


def _digest(lock: Path) -> str:
    try:
        return hashlib.sha256(lock.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise Refusal(f"{lock} is missing: get a complete copy of Releaseorch and start again.") from None


def _stamp() -> dict[str, Any]:
    if (folder() / MARK).exists():
        return {}
    with contextlib.suppress(OSError, ValueError):
        stamp: dict[str, Any] = json.loads((folder() / STAMP).read_text())
        return stamp
    return {}


def _runs() -> bool:
    if inside():
        return True
    probe = "import sys; raise SystemExit(sys.version_info < (3, 11) or sys.prefix == sys.base_prefix)"
    try:
        done = subprocess.run([python(), "-c", probe], capture_output=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _holds(lock: str, wanted: str) -> bool:
    stamp = _stamp()
    if stamp.get("locks", {}).get(lock) != wanted or not _runs():
        return False
    return set(stamp["installed"]) <= _installed()


def _installed() -> set[str]:
    return {
        entry.name for entry in folder().glob("lib/python*/site-packages/*") if entry.name != "__pycache__"
    }


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Two commands at once: the second waits until the first has installed. The lock file is only read."""
    with LOCKS["run"].open() as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("  Another command is installing into .venv: waiting for it …")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _install(lock: str, wanted: str) -> None:
    place = folder()
    uv = packages.find_uv()
    if uv is None:
        _refuse_without_venv()
    try:
        _prepare(place, with_pip=uv is None)
        with phase(
            f"Installing packages with {'uv' if uv else 'pip'} into {place.name} (once, about a minute)"
        ):
            packages.install(uv, python(), LOCKS[lock], place / "install.log")
            packages.compile_own(python(), ROOT / "releaseorch")
        locks = {**_known_locks(lock), lock: wanted}
        (place / STAMP).write_text(json.dumps({"locks": locks, "installed": sorted(_installed())}))
        (place / MARK).unlink()
    except OSError as error:
        raise Refusal(_why_not_written(error, place)) from None


def _known_locks(lock: str) -> dict[str, str]:
    """The test lock is a superset: who has it has the run lock too."""
    return {"run": _digest(LOCKS["run"])} if lock == "test" else {}


def _prepare(place: Path, *, with_pip: bool) -> None:
    """Leaves a `.venv` that runs and carries the mark."""
    if (place.is_symlink() or place.exists()) and not _usable(place, with_pip=with_pip):
        say(f"  {place} is incomplete: making it anew.")
        remove(place)
    place.mkdir(parents=True, exist_ok=True)
    (place / MARK).touch()
    if not (place / "pyvenv.cfg").exists():
        with phase(f"Making {place.name} for Python {sys.version.split()[0]}"):
            _make(place, with_pip=with_pip)


def _usable(place: Path, *, with_pip: bool) -> bool:
    return not (place / MARK).exists() and _runs() and (_has_pip() or not with_pip)


def remove(place: Path) -> None:
    if inside():
        raise Refusal(
            f"{place} is incomplete: start this command with the python3 of the system, not with that of .venv."
        )
    if place.is_symlink() or not place.is_dir():
        place.unlink()
    else:
        shutil.rmtree(place)


def _make(place: Path, *, with_pip: bool) -> None:
    base = getattr(sys, "_base_executable", sys.executable)
    argv = [base, "-m", "venv", *([] if with_pip else ["--without-pip"]), str(place)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        words = (done.stderr + done.stdout).strip().splitlines() or ["no message"]
        raise Refusal(f"Making {place} failed ({words[-1]}): {WITHOUT_VENV}")


def _has_pip() -> bool:
    return any(folder().glob("lib/python*/site-packages/pip/__main__.py"))


WITHOUT_VENV = (
    "install the venv module of this Python (Debian, Ubuntu: `apt install python3-venv`), or install uv,"
    " and run the command again."
)


def _refuse_without_venv() -> None:
    missing = [name for name in ("venv", "ensurepip") if find_spec(name) is None]
    if missing:
        raise Refusal(f"This Python has no {' and no '.join(missing)} module: {WITHOUT_VENV}")


def _why_not_written(error: OSError, place: Path) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"The disk that holds {place} is full: free about 500 MB and run the command again."
    return (
        f"{place} cannot be written ({error.strerror}): copy Releaseorch to a folder that you may write to, or set"
        " RELEASEORCH_VENV and RELEASEORCH_STATE_DIR to such folders, and run the command again."
    )
