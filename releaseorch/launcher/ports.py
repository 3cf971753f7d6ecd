"""Finds a port on this machine's own address."""

import socket

from releaseorch.launcher.console import Refusal, say

HOST = "127.0.0.1"
DEFAULT = 8000
TRIES = 100
LAST = 65535


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise Refusal(
                f"Port {port} may be used by root alone: choose one above 1023 with --port."
            ) from None
        except OSError:
            return False
    return True


def choose(wanted: int) -> int:
    """The wanted port, or the next free one with a line that says so."""
    if is_free(wanted):
        return wanted
    for port in range(wanted + 1, min(wanted + TRIES, LAST) + 1):
        if is_free(port):
            say(f"  Port {wanted} is taken by another program: using {port} instead.")
            return port
    raise Refusal(f"Port {wanted} and the next {TRIES} are taken: choose another with --port.")


def beside(port: int) -> int:
    """The next free port after it, so that it is mostly the same at the next start."""
    return next(
        (other for other in range(port + 1, min(port + TRIES, LAST) + 1) if is_free(other)), any_free()
    )


def any_free() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
