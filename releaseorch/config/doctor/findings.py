"""A finding: how something is, in one sentence, and what would help."""

import time
from collections.abc import Callable, Iterator, Mapping
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


PAUSE_S = 1.0


def looked_at(
    checks: Mapping[str, Check], needs: Mapping[str, str] | None = None, wait_s: float = 0
) -> Iterator[dict[str, str]]:
    """Each check with its finding; one that breaks off has failed and stops only those that need what it looks at.

    What has failed is looked at again until `wait_s` seconds have passed since the first look.
    """
    until, states, needs = time.monotonic() + wait_s, dict[str, State](), needs or {}
    for name, check in checks.items():
        if states.get(needs.get(name, "")) == "failed":
            finding = failed(f"This can't be looked at: see {needs[name]}.")
        else:
            finding = _found(check)
            while finding.state == "failed" and time.monotonic() < until:
                time.sleep(PAUSE_S)
                finding = _found(check)
        states[name] = finding.state
        yield {"what": name, **asdict(finding)}


def _found(check: Check) -> Finding:
    try:
        return check()
    except Exception as broken:
        return failed(f"This could not be looked at: {first_line(broken)}.")
