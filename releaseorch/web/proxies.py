"""Whom requests come from: what a proxy forwards counts only when the installation names that proxy."""

import ipaddress
from functools import cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin

UNIX = "unix"  # a proxy that comes through a unix socket has no address
FORWARDED = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP",
    "HTTP_X_REQUEST_ID",
)
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class NamedProxies(MiddlewareMixin):
    """Comes first: everything after it reads headers and the address as if no stranger had sent any of these."""

    def process_request(self, request: HttpRequest) -> None:
        meta = request.META
        if not is_named(meta.get("REMOTE_ADDR", "")):
            for name in FORWARDED:
                meta.pop(name, None)
            return
        meta["REMOTE_ADDR"] = client_of(meta.get("HTTP_X_FORWARDED_FOR", ""), meta.get("REMOTE_ADDR", ""))


def is_named(address: str) -> bool:
    """Whether what comes from this address is one of RELEASEORCH_PROXIES; an empty one is a unix socket."""
    return UNIX in settings.PROXIES if not address else is_within(address, settings.PROXIES)


def client_of(forwarded: str, proxy: str) -> str:
    """The last address that isn't a named proxy's own: those before it, a client may have invented."""
    client = proxy
    for one in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        if not _is_address(one):
            break
        client = one
        if not is_named(one):
            break
    return client


def is_within(address: str, networks: tuple[str, ...]) -> bool:
    """Whether an address is one of these or in one of these networks."""
    if not _is_address(address):
        return False
    found = ipaddress.ip_address(address)
    return any(found in network for network in _networks(networks))


@cache
def _networks(names: tuple[str, ...]) -> list[Network]:
    try:
        return [ipaddress.ip_network(name) for name in names if name != UNIX]
    except ValueError as wrong:
        raise ImproperlyConfigured(
            f"{wrong}. Name addresses or networks, such as 10.0.0.5 or 10.0.0.0/24."
        ) from None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
