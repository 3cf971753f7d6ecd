"""What a connection says once for all http steps that name it, and where these may go with its secrets."""

from collections.abc import Mapping
from typing import Any

from releaseorch.executors import outbound
from releaseorch.executors.base import Config, ConnectionRefused
from releaseorch.executors.http.config import SCHEMA as STEP
from releaseorch.words import gettext as _
from releaseorch.words import gettext_noop

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["url"],
    "properties": {
        "url": {
            **STEP["properties"]["url"],
            "description": gettext_noop(
                "Such as https://deploy.example/api; steps add their path. Nothing on this server, in the inner "
                "network or among the metadata of a cloud, unless the operator opened it."
            ),
        },
        **{name: STEP["properties"][name] for name in ("headers", "secret_headers", "timeout_s")},
    },
}
LOOKUP_S = 3.0
# What these carry is a secret, and everybody can read a configuration.
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key"})
_ANYWHERE = "https://connection.invalid"


def problems(config: Config, guard: outbound.Guard) -> dict[str, str]:
    """Return what the schema can't say, as field → sentence; asks where the address leads."""
    found = {
        f"headers.{name}": _("This header carries a secret: set it among the headers that carry a secret.")
        for name in config.get("headers", {})
        if name.lower() in _SECRET_HEADERS
    }
    try:
        target = outbound.parse(config["url"])
        if "?" in config["url"] or "#" in config["url"]:
            found["url"] = _("The address of a connection ends with its path: steps add to it.")
        guard.addresses(target.host, target.port, LOOKUP_S)
    except outbound.Unreachable:
        pass  # a name that isn't known here, or not yet; it is looked at again before anything is sent
    except outbound.Refused as problem:
        found["url"] = str(problem)
    return found


def origin(config: Config) -> str:
    """Scheme, host and port, however they are written."""
    url = str(config.get("url", ""))
    try:
        target = outbound.parse(url)
    except outbound.Refused:
        return url
    return f"{target.scheme}://{target.host}:{target.port}"


def standing_in(config: Config) -> Config:
    """A step's configuration as if some connection had said where its path leads."""
    url = str(config.get("url", ""))
    return {**config, "url": _ANYWHERE + url} if url.startswith("/") else config


def joined(config: Config, connection: Config) -> Config:
    """The step's path behind the connection's address; a secret never goes to another host than this.

    Raises ConnectionRefused.
    """
    headers = {**connection.get("headers", {}), **config.get("headers", {})}
    secret_headers = {**config.get("secret_headers", {}), **connection.get("secret_headers", {})}
    whole: dict[str, Any] = {**connection, **config, "url": _url(str(config["url"]), str(connection["url"]))}
    return whole | _unless_empty({"headers": headers, "secret_headers": secret_headers})


def _url(own: str, base: str) -> str:
    if own.startswith("/") and not own.startswith("//"):
        return base.rstrip("/") + own
    if own.partition("${")[0].startswith(_origin(base)):
        return own
    raise ConnectionRefused(
        _("The address of the step must be a path such as /deploy, or lead where its connection leads.")
    )


def _origin(base: str) -> str:
    """Up to the slash behind the host, so that no longer host name begins with it."""
    scheme, _slashes, rest = base.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/"


def _unless_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}
