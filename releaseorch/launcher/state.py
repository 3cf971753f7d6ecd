"""The state directory of a demo: its lock, its secret key, and what a second start may read."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
from pathlib import Path
from typing import Any

from releaseorch.launcher.console import Refusal

ROOT = Path(__file__).resolve().parents[2]
LOCK = "lock"
SECRET = "secret_key"  # noqa: S105 (a file name)
PEOPLE = "people.json"
# Only a directory that the launcher made may be emptied by --fresh.
MADE_BY_US = "releaseorch-state"


def directory(*, empty: bool = False) -> Path:
    """The demo and the installation that begins empty have one each."""
    usual = ROOT / (".releaseorch-own" if empty else ".releaseorch")
    return Path(os.environ.get("RELEASEORCH_STATE_DIR") or usual).resolve()


class StateDirectory:
    """Held by one supervisor at a time: the lock is an flock, so it falls with the process, however it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = -1

    def hold(self) -> None:
        """Makes the directory (0700) and takes its lock; refuses with the address of whoever holds it."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._refuse_what_is_not_ours()
            self.path.chmod(0o700)
            self._lock = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            (self.path / MADE_BY_US).touch()
        except OSError as error:
            raise Refusal(
                f"The state directory {self.path} cannot be written to ({error.strerror}): set RELEASEORCH_STATE_DIR"
                " to a folder that you may write to and start again."
            ) from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Refusal(self._already_running()) from None
        self.publish({"pid": os.getpid(), "url": "", "ready": False})

    def _refuse_what_is_not_ours(self) -> None:
        names = {entry.name for entry in self.path.iterdir()}
        if names and not names & {MADE_BY_US, SECRET, LOCK, "db.sqlite3"}:
            raise Refusal(
                f"{self.path} holds other files than ours: set RELEASEORCH_STATE_DIR to an empty or new folder"
                " and start again."
            )

    def _already_running(self) -> str:
        other = read(self.path)
        where = f"at {other['url']}" if other.get("url") else "and is still starting"
        return (
            f"A demo runs on {self.path} already, {where} (process {other.get('pid', 'unknown')}): use that one,"
            " stop it with Ctrl-C where it was started, or set RELEASEORCH_STATE_DIR to another folder."
        )

    def publish(self, facts: dict[str, Any]) -> None:
        """What a second start, and the smoke test, may know of us."""
        text = json.dumps(facts).encode()
        os.pwrite(self._lock, text, 0)
        os.ftruncate(self._lock, len(text))

    def empty(self) -> None:
        """Removes everything but the lock that we hold."""
        for entry in self.path.iterdir():
            if entry.name in {LOCK, MADE_BY_US}:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def ensure_secret_key(self) -> None:
        file = self.path / SECRET
        if file.is_file() and file.read_text().strip():
            return
        draft = file.with_suffix(".new")
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(secrets.token_urlsafe(48))
        draft.replace(file)

    def people(self) -> list[dict[str, str]]:
        with contextlib.suppress(OSError, ValueError):
            people: list[dict[str, str]] = json.loads((self.path / PEOPLE).read_text())
            return people
        return []

    def release(self) -> None:
        if self._lock >= 0:
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = -1


def read(path: Path) -> dict[str, Any]:
    """What the holder of the lock published, or nothing."""
    with contextlib.suppress(OSError, ValueError):
        facts: dict[str, Any] = json.loads((path / LOCK).read_text())
        return facts
    return {}
