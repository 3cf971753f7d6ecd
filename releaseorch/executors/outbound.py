"""Opens connections to addresses that users typed, and refuses those that lead to ourselves or to our network.

A host is resolved once; every address it has is checked against the table below; the connection goes to exactly such
an address and the peer is compared. Nothing here follows redirects or proxies.
"""

import ipaddress
import os
import queue
import re
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from releaseorch.words import gettext as _

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Lookup = Callable[[str, int], Iterable[str]]

ALLOW_VARIABLE = "RELEASEORCH_OUTBOUND_ALLOW"
OPEN_PORTS = frozenset({80, 443, 8080, 8443})
_DEFAULT_PORTS = {"http": 80, "https": 443}

# IANA's special-purpose registries, and what tunnels IPv4 through IPv6. Python's `is_global` lets several through.
_OWN_NETWORK = tuple(
    ipaddress.ip_network(text)
    for text in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "::1/128",
        "fc00::/7",
    )
)
_NEVER = tuple(
    ipaddress.ip_network(text)
    for text in (
        *(
            "0.0.0.0/8",
            "169.254.0.0/16",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
        ),
        *(
            "192.88.99.0/24",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
        ),
        *(
            "240.0.0.0/4",
            "::/96",
            "64:ff9b::/96",
            "64:ff9b:1::/48",
            "100::/64",
            "100:0:0:1::/64",
            "2001::/23",
        ),
        *(
            "2001:db8::/32",
            "2002::/16",
            "2620:4f:8000::/48",
            "3fff::/20",
            "5f00::/16",
            "fe80::/10",
            "fec0::/10",
        ),
        "ff00::/8",
    )
)
_METADATA = tuple(
    ipaddress.ip_network(text)
    for text in ("169.254.0.0/16", "100.100.100.200/32", "168.63.129.16/32", "fd00:ec2::254/128")
)
_HOST_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")


class Refused(ValueError):
    """The destination is not allowed; the message is a sentence, nothing was contacted."""


class Unreachable(OSError):
    """The destination is allowed, but no connection came about; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart once, so that no second parser can see another host in it."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Opening:
    """One entry of the operator's list: a name or a network, and a port (None: every port)."""

    name: str
    network: Network | None
    port: int | None

    def covers(self, host: str, address: Address, port: int) -> bool:
        """A name opens public addresses and our own network; metadata and the like only open as a network."""
        if self.port not in (None, port):
            return False
        if self.network is None:
            return host == self.name and _kind(address) in ("public", "own")
        return address.version == self.network.version and address in self.network


class Guard:
    """Decides which destinations may be contacted, and connects to them."""

    def __init__(self, allow: str = "", lookup: Lookup | None = None) -> None:
        self._openings = [_opening(entry.strip()) for entry in allow.split(",") if entry.strip()]
        self._lookup = lookup or _ask_system

    @classmethod
    def from_environment(cls, surroundings: Mapping[str, str] = os.environ) -> "Guard":
        """Read what the operator opened: `host:port, 10.1.0.0/16:443, [fd00::/8]:8443`; the port may be `*`."""
        return cls(surroundings.get(ALLOW_VARIABLE, ""))

    def addresses(self, host: str, port: int, timeout_s: float) -> list[str]:
        """Resolve once and return the addresses, all of which are allowed; raises Refused or Unreachable."""
        found = [_plain(text) for text in _within(timeout_s, self._lookup, host, port)]
        if not found:
            raise Unreachable(_("The name %(host)s has no address.") % {"host": host})
        for address in found:
            self._check(host, address, port)
        return list(dict.fromkeys(map(str, found)))

    def connect(self, host: str, port: int, timeout_s: float) -> socket.socket:
        """Return a connected socket whose peer is one of the checked addresses."""
        last = _("%(host)s did not answer.") % {"host": host}
        for address in self.addresses(host, port, timeout_s):
            try:
                connection = socket.create_connection((address, port), timeout_s)
            except OSError as problem:
                reason = problem.strerror or _("it took too long")
                said = _("No connection to %(host)s, port %(port)d: %(reason)s.")
                last = said % {"host": host, "port": port, "reason": reason}
                continue
            if _plain(connection.getpeername()[0]) != _plain(address):
                connection.close()
                said = _("%(host)s was answered from another address than its own.")
                raise Refused(said % {"host": host})
            return connection
        raise Unreachable(last)

    def _check(self, host: str, address: Address, port: int) -> None:
        if any(entry.covers(host, address, port) for entry in self._openings):
            return
        if _kind(address) != "public":
            said = _("%(host)s leads to an address that is not open to steps; the operator can open it.")
            raise Refused(said % {"host": host})
        if port not in OPEN_PORTS:
            said = _("Port %(port)d of %(host)s is not open to steps; the operator can open it.")
            raise Refused(said % {"port": port, "host": host})


def parse(url: str) -> Target:
    """Take an http or https URL apart; raises Refused for all that two parsers might read in two ways."""
    if not url.isascii() or any(character <= " " or character in '\\"<>^`{|}\x7f' for character in url):
        raise Refused(_("The address holds a character that must be written in its encoded form."))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused(_("The address can't be read.")) from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise Refused(_("The address must start with http:// or https://."))
    if "@" in parts.netloc:
        raise Refused(_("The address must not hold a user name or password."))
    if port == 0:
        raise Refused(_("There is no port 0."))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, _host(parts), port or _DEFAULT_PORTS[parts.scheme], path)


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").removesuffix(".")
    if parts.netloc.startswith("["):
        if "%" in host:
            raise Refused(_("An IPv6 address must not name a network card."))
        try:
            return str(ipaddress.IPv6Address(host))
        except ValueError:
            raise Refused(_("The address in square brackets is not an IPv6 address.")) from None
    labels = host.split(".")
    if len(host) > 253 or not all(_HOST_LABEL.fullmatch(label) for label in labels):
        raise Refused(_("The name of the host may hold letters, digits, “-” and dots alone."))
    if _NUMBER.fullmatch(labels[-1]):
        # 127.1, 0x7f.1 and 2130706433 are all 127.0.0.1 to the system: only the plain form is read.
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise Refused(_("The host must be a name or four plain numbers.")) from None
    return host


def _opening(entry: str) -> Opening:
    host, _colon, port = entry.rpartition(":")
    host = host.strip("[]").lower()
    if not host or not (port == "*" or (port.isascii() and port.isdigit() and 0 < int(port) < 65536)):
        said = _("%(variable)s: “%(entry)s” is not of the form host:port.")
        raise Refused(said % {"variable": ALLOW_VARIABLE, "entry": entry})
    try:
        network = ipaddress.ip_network(host, strict=False)
    except ValueError:
        network = None
    if network is None and "/" in host:
        said = _("%(variable)s: “%(entry)s” is not a network.")
        raise Refused(said % {"variable": ALLOW_VARIABLE, "entry": entry})
    return Opening(host, network, None if port == "*" else int(port))


def _plain(text: str) -> Address:
    """Read an address as the system connects to it: no zone, and IPv4 where it is only wrapped."""
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _kind(address: Address) -> str:
    for kind, networks in (("metadata", _METADATA), ("own", _OWN_NETWORK), ("reserved", _NEVER)):
        if any(address.version == network.version and address in network for network in networks):
            return kind
    return "public"


def _ask_system(host: str, port: int) -> list[str]:
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _within(timeout_s: float, lookup: Lookup, host: str, port: int) -> list[str]:
    """Resolve in a thread of its own, since the system's resolver knows no time limit."""
    answer: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answer.put(list(lookup(host, port)))
        except (OSError, UnicodeError) as problem:
            answer.put(problem)

    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answer.get(timeout=timeout_s)
    except queue.Empty:
        said = _("The name %(host)s was not resolved in %(s)g s.")
        raise Unreachable(said % {"host": host, "s": timeout_s}) from None
    if isinstance(found, Exception):
        raise Unreachable(_("The name %(host)s is not known.") % {"host": host})
    return found
