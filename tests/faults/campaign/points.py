"""Named crash points: a process that reaches one for which an order lies there dies by SIGKILL.

An order is a file; whoever can take it away is hit, so each hits one process. What was hit is written down first.
"""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

FOLDER = "CAMPAIGN_FOLDER"
ROLE = "CAMPAIGN_ROLE"
EFFECTS = "effects"


def folder() -> Path:
    return Path(os.environ[FOLDER])


def role() -> str:
    """What this process is: web, worker or housekeeper."""
    return os.environ.get(ROLE, "")


def reached(name: str) -> None:
    """This process is at the point; if it was told to die here, it does."""
    if taken(f"{role()}.{name}"):
        os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)


def taken(order: str) -> bool:
    wanted = folder() / "orders" / order
    try:
        wanted.rename(folder() / "taken" / f"{order}.{os.getpid()}")
    except OSError:
        return False
    write_down(folder() / "hits", {"point": order, "pid": os.getpid(), "at": time.time()})
    return True


def hit(place: Path, name: str, **said: Any) -> None:
    """A fault met somebody, in the campaign of this folder."""
    write_down(place / "hits", {"point": name, **said})


def write_down(file: Path, said: dict[str, Any]) -> None:
    """Append one line, and return when it is on the disk."""
    ledger = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(ledger, json.dumps(said).encode() + b"\n")
        os.fsync(ledger)
    finally:
        os.close(ledger)


def lines(file: Path) -> list[dict[str, Any]]:
    """What was written down; a last line that a kill cut off is left out."""
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text().splitlines() if line.endswith("}")]
