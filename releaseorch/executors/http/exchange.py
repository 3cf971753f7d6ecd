"""One request and its answer over a guarded connection, and what can be said when it breaks off."""

import contextlib
import http.client
import socket
import ssl
import threading
import time
from dataclasses import dataclass

from releaseorch.executors import outbound
from releaseorch.executors.http.config import Request
from releaseorch.words import gettext as _

BODY_LIMIT = 1024 * 1024


class BrokenOff(OSError):
    """The request was sent, at least in part, and no whole answer came back."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `body` holds at most 1 MB, `is_whole` tells whether that was all."""

    status: int
    body: bytes
    is_whole: bool
    took_s: float


def send(request: Request, guard: outbound.Guard) -> Answer:
    """Send once and read the answer, all within the request's time.

    Raises outbound.Refused or outbound.Unreachable when nothing was sent, BrokenOff afterwards.
    """
    began = time.monotonic()
    target = request.target
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.auto_open = 0  # a connection that is lost must not be opened again behind the guard's back
    connection.sock = sock = _connected(request, guard)
    # A timeout on each read would let a slow far side drip for ever; this ends the whole exchange.
    alarm = threading.Timer(max(request.timeout_s - (time.monotonic() - began), 0.01), _hang_up, [sock])
    alarm.daemon = True
    alarm.start()
    try:
        return _exchange(connection, request, began)
    except (OSError, http.client.HTTPException, ValueError) as problem:
        if time.monotonic() - began >= request.timeout_s:
            raise BrokenOff(_("No whole answer within %(s)g s.") % {"s": request.timeout_s}) from None
        raise BrokenOff(
            _("The connection broke before a whole answer came (%(fault)s).")
            % {"fault": type(problem).__name__}
        ) from None
    finally:
        alarm.cancel()
        connection.close()


def _connected(request: Request, guard: outbound.Guard) -> ssl.SSLSocket | socket.socket:
    target = request.target
    plain = guard.connect(target.host, target.port, request.timeout_s)
    plain.settimeout(request.timeout_s)
    if target.scheme == "http":
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)
    except ssl.SSLCertVerificationError as problem:
        plain.close()
        said = _("The certificate of %(host)s is not valid: %(reason)s.")
        named = {"host": target.host, "reason": problem.verify_message}
        raise outbound.Unreachable(said % named) from None
    except OSError:
        plain.close()
        said = _("No encrypted connection to %(host)s came about.")
        raise outbound.Unreachable(said % {"host": target.host}) from None


def _exchange(connection: http.client.HTTPConnection, request: Request, began: float) -> Answer:
    connection.putrequest(request.method, request.target.path, skip_host=True, skip_accept_encoding=True)
    for name, value in request.headers.items():
        connection.putheader(name, value.encode("latin-1"))
    connection.endheaders(request.body or None)
    response = connection.getresponse()
    body = response.read(BODY_LIMIT + 1)
    # http.client answers a body that was cut off by an early end without a word when a limit is given.
    if response.length and len(body) <= BODY_LIMIT:
        raise http.client.IncompleteRead(b"")
    if time.monotonic() - began >= request.timeout_s:
        raise TimeoutError  # what was read may end where the alarm cut it off
    return Answer(response.status, body[:BODY_LIMIT], len(body) <= BODY_LIMIT, time.monotonic() - began)


def _hang_up(sock: socket.socket) -> None:
    # The plain method: the one of an encrypted socket must not be called while another thread reads.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
