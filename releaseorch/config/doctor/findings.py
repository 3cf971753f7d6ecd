"""A finding: how something is, in one sentence, and what would help."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from releaseorch.core.readiness import first_line

State = Literal["ok", "warn", "failed"]


@dataclass(frozen=True)
class Finding:
    state: State
    sentence: str
    help: str = ""


def ok(sentence: str) -> Finding:
    return Finding("ok", sentence)


def warn(sentence: str, help: str = "") -> Finding:
    return Finding("warn", sentence, help)


def failed(sentence: str, help: str = "") -> Finding:
    return Finding("failed", sentence, help)


Check = Callable[[], Finding]


def looked_at(checks: dict[str, Check]) -> Iterator[dict[str, str]]:
    """Each check with its finding; one that breaks off has failed and stops no other."""
    for name, check in checks.items():
        try:
            finding = check()
        except Exception as broken:
            finding = failed(f"This could not be looked at: {first_line(broken)}.")
        yield {"what": name, **asdict(finding)}
