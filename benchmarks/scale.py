"""How large may things get? One part for each figure; each can be asked for alone.

`plan`: a run of 10,000 steps and 50,000 links. `log`: a log of 1 GB.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks._scale import large_plan, long_log

NEEDS_DATA = False
PARTS: Mapping[str, Callable[[float], dict[str, Any]]] = {
    "plan": large_plan.measured,
    "log": long_log.measured,
}


def run(_data: Path, only: str = "", size: str = "1") -> dict[str, Any]:
    """`only=plan` is one part alone, `size=0.1` a quick look."""
    wanted = [name for name in only.split(",") if name] or list(PARTS)
    found = {name: PARTS[name](float(size)) for name in wanted}
    return {**found, "is_reached": all(one["is_reached"] for one in found.values())}
