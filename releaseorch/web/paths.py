"""Addresses of this installation: where somebody came from, wants to go, logs in; nothing from outside is followed."""

from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

LOGIN, CODE = "/login", "/login/code"


def own_path(url: str | None, otherwise: str = "") -> str:
    """`url` if it leads to a path of this installation, else `otherwise`."""
    if url and url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None):
        return url
    return otherwise


def came_from(request: HttpRequest) -> str:
    """The path of the page that held the button, empty when unknown or somebody else's."""
    parts = urlsplit(request.headers.get("Referer", ""))
    if not parts.netloc or parts.netloc != request.get_host():
        return ""
    return own_path(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def login_address(request: HttpRequest) -> str:
    """The login form that leads back to the page that was asked for."""
    return _login_before(request.get_full_path())


def login_address_after(request: HttpRequest) -> str:
    """The login form that leads back to the page that asked for a part of itself."""
    return _login_before(came_from(request))


def _login_before(path: str) -> str:
    return f"{LOGIN}?{urlencode({'next': path})}" if path.strip("/") else LOGIN


def wanted_after_login(request: HttpRequest) -> str:
    wanted = own_path(request.POST.get("next") or request.GET.get("next"))
    return "" if wanted.startswith((LOGIN, "/logout")) else wanted
