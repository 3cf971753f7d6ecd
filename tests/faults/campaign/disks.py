"""Disks of a campaign that can be filled: file systems of their own in memory, gone with the process that made them.

They are mounted where nobody else sees them: as root in a name space for mounts, else in one for users too.
"""

import contextlib
import ctypes
import os
from pathlib import Path

_NEWNS, _NEWUSER = 0x20000, 0x10000000
_REC, _PRIVATE, _DETACH = 1 << 14, 1 << 18, 2
PIECE = 1 << 20
FILLER = "filler"


def apart() -> None:
    """Mounts of this process and of what it starts are from now on its own; raises OSError where that isn't allowed.

    Before any thread is started.
    """
    user, group = os.geteuid(), os.getegid()
    _called("unshare", _NEWNS if user == 0 else _NEWNS | _NEWUSER)
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _called("mount", b"none", b"/", None, _REC | _PRIVATE, None)


def mount(folder: Path, megabytes: int) -> "Disk":
    _called("mount", b"tmpfs", bytes(folder), b"tmpfs", 0, b"size=%dm" % megabytes)
    return Disk(folder)


def _called(name: str, *words: object) -> None:
    system = ctypes.CDLL(None, use_errno=True)
    if getattr(system, name)(*words):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


class Disk:
    """`fill` leaves not a byte, also after somebody freed some; `empty` gives them back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self) -> None:
        filler = os.open(self.folder / FILLER, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            for piece in (b"\0" * PIECE, b"\0" * 4096, b"\0"):
                with contextlib.suppress(OSError):
                    while os.write(filler, piece) == len(piece):
                        pass
        finally:
            os.close(filler)

    def empty(self) -> None:
        (self.folder / FILLER).unlink(missing_ok=True)

    def unmount(self) -> None:
        _called("umount2", bytes(self.folder), _DETACH)
