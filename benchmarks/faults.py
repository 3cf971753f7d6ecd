"""The long fault campaign: chapters, each a campaign with its own seed, until so many steps and faults are through.

Each chapter is written down when it is over, in `folder`; called again with the same seed it goes on where it stopped.
The chapters run at a tenth of the engine's times; the last one, a shorter one, at its real times.
"""

import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings

NEEDS_DATA = False
STEPS, FAULTS = 20_000, 500
LONGEST_S = 2400
REAL_RUNS, REAL_EACH, REAL_LONGEST_S = 60, 1, 3600
ADDED_UP = (
    "steps",
    "faults",
    "deaths",
    "runs",
    "effects",
    "acknowledged",
    "events",
    "decisions",
    "unknown",
    "late reports",
    "requeued",
)


def run(
    data: Path,
    steps: str = str(STEPS),
    faults: str = str(FAULTS),
    chapter: str = "250",
    each: str = "7",
    seed: str = "",
    on: str = "redis",
    real_times: str = "yes",
    folder: str = "",
) -> dict[str, Any]:
    """`chapter`: how many runs it has, `each`: how often each fault must hit in it; `real_times=only` is the pass at
    the real times alone, `steps=200 faults=10 chapter=12 each=1 real_times=no` a try."""
    book = Book(Path(folder or settings.STATE_DIR / "fault-campaign"), seed, on)
    wanted_steps, wanted_faults = (0, 0) if real_times == "only" else (int(steps), int(faults))
    while book.total("steps") < wanted_steps or book.total("faults") < wanted_faults:
        book.write(chapter_of(book, int(chapter), int(each), LONGEST_S))
        if not book.is_well:
            break
    if real_times != "no" and book.is_well and not book.has_real_times:
        book.write(chapter_of(book, REAL_RUNS, REAL_EACH, REAL_LONGEST_S, "--real-times"))
    return book.told()


class Book:
    """The chapters that are through, as lines of a file that is named after the seed."""

    def __init__(self, folder: Path, seed: str, on: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.seed = seed or _last_seed(folder) or str(random.SystemRandom().randrange(10**6))
        self.on = on
        self.file = folder / f"{self.seed}-{on}.jsonl"
        self.chapters: list[dict[str, Any]] = []
        if self.file.exists():
            self.chapters = [json.loads(line) for line in self.file.read_text().splitlines()]
        print(f"Seed {self.seed}, {len(self.chapters)} chapters in {self.file}", file=sys.stderr)  # noqa: T201

    def write(self, report: dict[str, Any]) -> None:
        self.chapters.append(report)
        with self.file.open("a") as file:
            file.write(json.dumps(report) + "\n")

    @property
    def next_seed(self) -> int:
        return random.Random(f"{self.seed} {len(self.chapters)}").randrange(10**6)  # noqa: S311

    @property
    def at_a_tenth(self) -> list[dict[str, Any]]:
        return [report for report in self.chapters if not report["real_times"]]

    @property
    def is_well(self) -> bool:
        return all(report["ok"] for report in self.chapters)

    @property
    def has_real_times(self) -> bool:
        return any(report["real_times"] for report in self.chapters)

    def total(self, what: str) -> int:
        return sum(report["counts"][what] for report in self.at_a_tenth)

    def told(self) -> dict[str, Any]:
        hits: Counter[str] = Counter()
        for report in self.chapters:
            hits.update(report["hits"])
        return {
            "ok": self.is_well,
            "seed": self.seed,
            "on": self.on,
            "seconds": round(sum(report["seconds"] for report in self.chapters)),
            **{what: sum(report["counts"][what] for report in self.chapters) for what in ADDED_UP},
            "hits": dict(sorted(hits.items())),
            "broken": [sentence for report in self.chapters for sentence in report["broken"]],
            "missed": [report["missed"] for report in self.chapters if report["missed"]],
            "chapters": [
                {name: report[name] for name in ("seed", "real_times", "ok", "seconds")} | report["counts"]
                for report in self.chapters
            ],
        }


def _last_seed(folder: Path) -> str:
    """Of the campaign that was written in last, so that it goes on."""
    books = sorted(folder.glob("*.jsonl"), key=lambda file: file.stat().st_mtime)
    return books[-1].name.split("-")[0] if books else ""


def chapter_of(book: Book, runs: int, each: int, longest_s: float, *more: str) -> dict[str, Any]:
    """Carried out in a process of its own; one that breaks off is no chapter."""
    options = {"seed": book.next_seed, "on": book.on, "runs": runs, "each": each, "longest": longest_s}
    words = [f"--{name}={value}" for name, value in options.items()]
    program = [sys.executable, "-m", "tests.faults.campaign", "--json", *words, *more]
    done = subprocess.run(program, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise SystemExit(f"The chapter with the seed {book.next_seed} broke off.") from None
    print(f"Chapter {len(book.chapters) + 1}: {report['counts']}", file=sys.stderr)  # noqa: T201
    return {**report, "real_times": "--real-times" in more}
