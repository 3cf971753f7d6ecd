"""How much memory a process has and had at most, in megabytes, as Linux counts it."""

from pathlib import Path

_NAMES = {"now": "VmRSS", "peak": "VmHWM"}


def megabytes(pid: int | str = "self", what: str = "peak") -> float:
    """Resident memory `now` or at its `peak`; 0 when there is no such process any more."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    found = [line.split()[1] for line in lines if line.startswith(f"{_NAMES[what]}:")]
    return round(int(found[0]) / 1024, 1) if found else 0.0


def forget_peak(pid: int | str = "self") -> float:
    """The peak is what it has now, from now on; returned."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return megabytes(pid, "now")


KINDS = {"uvicorn": "web server", "celery": "worker", "housekeeper": "housekeeper", "wrapper.py": "wrapper"}


def processes(state_dir: Path) -> dict[int, str]:
    """Process → what it is, of all that were started for this state directory, also those that were detached."""
    mark = b"RELEASEORCH_STATE_DIR=%s\0" % str(state_dir).encode()
    found: dict[int, str] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if b"launcher/child.py" in b" ".join(words) or mark not in (entry / "environ").read_bytes():
                continue
        except OSError:
            continue
        for word, kind in KINDS.items():
            if any(Path(one.decode(errors="replace")).name == word for one in words):
                found[int(entry.name)] = kind
    return found
