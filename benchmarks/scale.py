"""How large may things get? One part for each figure; each can be asked for alone.

`plan`: a run of 10,000 steps and 50,000 links. `log`: a log of 1 GB. `idle`: an installation that does nothing.
`wide`: a fan-out of 5,000 steps. `old`: beside 200,000 old steps. `embedded`: on what the demo runs on.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks._scale import idle, large_plan, long_log, rates

NEEDS_DATA = False
Part = Callable[[float], dict[str, Any]]
PARTS: Mapping[str, Part] = {
    "plan": large_plan.measured,
    "log": long_log.measured,
    "idle": idle.measured,
    "wide": rates.wide,
    "old": rates.old,
    "embedded": rates.embedded,
}
# The same on servers that a part has started, in a process of their own.
INNER: Mapping[str, Part] = {
    "counted": idle.counted,
    "wide-here": rates.wide_here,
    "old-here": rates.old_here,
    "usual-here": rates.usual_here,
}


def run(_data: Path, only: str = "", size: str = "1") -> dict[str, Any]:
    """`only=plan` is one part alone, `size=0.1` a quick look."""
    wanted = [name for name in only.split(",") if name] or list(PARTS)
    found = {name: {**PARTS, **INNER}[name](float(size)) for name in wanted}
    return {**found, "is_reached": all(one["is_reached"] for one in found.values())}
