"""`manage.py test`: installs the test lock and runs the suite on SQLite, then on a real PostgreSQL.

With `--faults` instead: the fault campaign, with its own options (tests/faults/campaign/README.md).
"""

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from releaseorch.launcher import installation, postgres
from releaseorch.launcher.console import Refusal, say
from releaseorch.launcher.state import ROOT

FAULTS = "--faults"
LEGS = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
# When both run, what asks no database or is about words and looks runs with one of them.
SHARED_OUT = {"sqlite": "not with_postgresql", "postgresql": "not with_sqlite"}
RAN_ONCE = "What asks no database, or is about words and looks, ran with one of the two (tests/conftest.py says which)."
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_VARIABLE = "RELEASEORCH_CHROMIUM"
WIDE = 100
MOST_PROCESSES = 4  # with more, the tests of single moments, kills and races wait for one another
# With one of these the caller steers the processes; a debugger needs the terminal for itself.
OWN_PROCESSES = (
    "-n",
    "--numprocesses",
    "--pdb",
    "--trace",
    "--dist",
    "--collect-only",
    "--co",
    "-h",
    "--help",
    "--version",
)
NO_BROWSER = (
    "BROWSER TESTS ARE SKIPPED: no Chromium found (Debian, Ubuntu: apt install chromium;"
    f" elsewhere set {BROWSER_VARIABLE} to its path)."
)


@dataclass(frozen=True)
class Leg:
    name: str
    code: int
    seconds: float
    counts: str


def main(argv: Sequence[str]) -> int:
    if argv[2:3] == [FAULTS]:
        installation.ensure("test", argv)
        return subprocess.run(
            [sys.executable, "-m", "tests.faults.campaign", *argv[3:]], cwd=ROOT, check=False
        ).returncode
    legs, arguments = split(argv[2:])
    installation.ensure("test", argv)
    chromium = find_chromium()
    if not chromium:
        if os.environ.get("RELEASEORCH_BROWSER_REQUIRED") == "1":
            raise Refusal("Chromium is required here and was not found: install the package chromium.")
        banner(NO_BROWSER)
    shared = len(legs) == len(LEGS) and not chooses(arguments)
    done = [run(leg, [*shared_out(leg, shared), *arguments], chromium) for leg in legs]
    banner("Summary")
    for leg in done:
        verdict = "passed" if leg.code == 0 else f"FAILED (exit code {leg.code})"
        say(f"{leg.name:<11} {verdict} in {leg.seconds:.0f} s: {leg.counts}")
    if shared:
        say(RAN_ONCE)
    if not chromium:
        say(NO_BROWSER)
    return max(abs(leg.code) for leg in done)


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The databases to run on, and what is left for pytest."""
    legs, rest, words = list(LEGS), [], iter(arguments)
    for word in words:
        if word == "--db" or word.startswith("--db="):
            wanted = word.partition("=")[2] or next(words, "")
            if wanted not in LEGS:
                raise Refusal(f"--db takes {' or '.join(LEGS)}, not {wanted or 'nothing'!r}.")
            legs = [wanted]
        else:
            rest.append(word)
    return legs, rest


def chooses(arguments: Sequence[str]) -> bool:
    """Whether the caller chose tests himself: then each database gets exactly those."""
    of_processes = {place + 1 for place, word in enumerate(arguments) if word in {"-n", "--numprocesses"}}
    words = [word for place, word in enumerate(arguments) if place not in of_processes]
    return any(word.startswith("-m") or not word.startswith("-") for word in words)


def shared_out(leg: str, shared: bool) -> list[str]:
    return ["-m", SHARED_OUT[leg]] if shared else []


def find_chromium() -> str:
    given = os.environ.get(BROWSER_VARIABLE, "")
    return given or next((found for name in BROWSERS if (found := shutil.which(name))), "")


def run(leg: str, arguments: Sequence[str], chromium: str) -> Leg:
    banner(f"The suite on {LEGS[leg]}")
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="releaseorch-test-") as folder, database(leg) as url:
        (Path(folder) / "state").mkdir()
        env = environment(Path(folder), url, chromium)
        report = Path(folder) / "report.xml"
        argv = [sys.executable, "-m", "pytest", *parallel(arguments), f"--junit-xml={report}", *arguments]
        code = subprocess.run(argv, cwd=ROOT, env=env, check=False).returncode
        return Leg(LEGS[leg], code, time.monotonic() - begun, counts(report))


@contextlib.contextmanager
def database(leg: str) -> Iterator[str]:
    """A server that somebody gives us by DATABASE_URL is used for the PostgreSQL leg, else our own is started."""
    given = os.environ.get("DATABASE_URL", "")
    if leg == "sqlite":
        yield ""
    elif given.startswith(("postgres:", "postgresql:")):
        yield given
    else:
        with postgres.server() as url:
            yield url


def environment(folder: Path, url: str, chromium: str) -> dict[str, str]:
    """The person's own, but never with the broker of an installation: tests must not send it anything."""
    env = {
        "RELEASEORCH_SECRET_KEY": secrets.token_urlsafe(48),
        **os.environ,
        "CELERY_BROKER_URL": os.environ.get("RELEASEORCH_TEST_BROKER_URL", ""),
        "RELEASEORCH_STATE_DIR": str(folder / "state"),
        "DJANGO_SETTINGS_MODULE": "releaseorch.config.settings",
        BROWSER_VARIABLE: chromium,
        "DATABASE_URL": url,
    }
    env["PYTHONDONTWRITEBYTECODE"] = ""  # or each of the suite's many processes compiles all of us again
    return {name: value for name, value in env.items() if value}


def parallel(arguments: Sequence[str]) -> list[str]:
    """One process more than there are cores: tests wait for browsers, tools and disks while others compute."""
    cores = os.cpu_count() or 1
    steered = any(word.split("=")[0] in OWN_PROCESSES or word.startswith("-n") for word in arguments)
    if steered or "no:xdist" in arguments or cores < 2:
        return []
    return ["-n", str(min(cores + 1, MOST_PROCESSES))]


def counts(report: Path) -> str:
    try:
        suite = ElementTree.parse(report).find("testsuite")  # noqa: S314 (pytest wrote it a moment ago)
    except (OSError, ElementTree.ParseError):
        return "pytest left no report"
    if suite is None:
        return "pytest left no report"
    number = {name: int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")}
    passed = number["tests"] - number["failures"] - number["errors"] - number["skipped"]
    failed = number["failures"] + number["errors"]
    return f"{passed} passed, {failed} failed, {number['skipped']} skipped"


def banner(text: str) -> None:
    say(f"\n{f' {text} ':=^{WIDE}}" if len(text) < WIDE else f"\n{'!' * WIDE}\n{text}\n{'!' * WIDE}")
