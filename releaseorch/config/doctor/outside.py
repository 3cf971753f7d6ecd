"""The installation as a browser sees it: asked at its public address, through every proxy."""

import http.client
import json
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from django.conf import settings
from django.templatetags.static import static

from releaseorch.config.doctor.findings import Finding, failed, ok, warn
from releaseorch.core.readiness import first_line
from releaseorch.web import probe

PATIENCE_S = 10
INVENTED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Host": "invented.example",
    "X-Request-ID": "invented-by-the-doctor",
}
PROXY_HELP = (
    "Name the proxy in RELEASEORCH_PROXIES, and let it set X-Forwarded-For and X-Forwarded-Proto itself."
)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


# No proxy of the environment in between: what is asked is the way from here to the address.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)


def open_address(path: str, headers: dict[str, str] | None = None) -> http.client.HTTPResponse:
    """Raises `OSError`, an answer other than 2xx too. Certificates are checked; SSL_CERT_FILE names more."""
    asked = urllib.request.Request(f"{settings.BASE_URL}{path}", headers=headers or {})  # noqa: S310 (of our settings)
    answer: http.client.HTTPResponse = _opener.open(asked, timeout=PATIENCE_S)
    return answer


def address() -> Finding:
    """Reached, by https, with our host allowed."""
    try:
        with open_address("/healthz") as answer:
            is_ours = json.load(answer) == {"ok": True}
    except urllib.error.HTTPError as refused:
        return _refused(refused)
    except (OSError, ValueError) as away:
        return _not_reached(getattr(away, "reason", away))
    if not is_ours:
        return failed(f"Something else answers at {settings.BASE_URL}.", "Check RELEASEORCH_BASE_URL.")
    if not settings.HTTPS:
        return warn(
            f"{settings.BASE_URL} answers, without https.", "Set up https before anybody types a password."
        )
    return ok(f"{settings.BASE_URL} answers, with a certificate that counts.")


def _not_reached(why: object) -> Finding:
    if isinstance(why, ssl.SSLCertVerificationError):
        return failed(
            f"The certificate of {settings.BASE_URL} doesn't count here: {why.verify_message.rstrip('.')}.",
            "Give the proxy the whole chain. To trust one that you made yourself: "
            "SSL_CERT_FILE=/path/to/cert.pem before the command.",
        )
    said = first_line(why if isinstance(why, Exception) else OSError(why))
    return failed(
        f"{settings.BASE_URL} isn't reached from this host: {said}.",
        "Check RELEASEORCH_BASE_URL, the name (does it lead here from this host, too?) and the proxy.",
    )


def _refused(refused: urllib.error.HTTPError) -> Finding:
    if refused.code == 400:
        return failed(
            "The host name is refused.", "Add it to RELEASEORCH_ALLOWED_HOSTS, and let the proxy keep Host."
        )
    if refused.code in {301, 302, 307, 308}:
        return failed("The address leads in circles: https isn't seen behind the proxy.", PROXY_HELP)
    return failed(
        f"{settings.BASE_URL}/healthz answers {refused.code}.",
        "Read the logs of the proxy and of the pages (journalctl -u releaseorch-web).",
    )


def proxy_headers() -> Finding:
    """What a stranger claims to be forwarding must not arrive."""
    with open_address(f"/probe/mirror?{_ticket()}", INVENTED) as answer:
        seen = json.load(answer)
    wanted = urllib.parse.urlsplit(settings.BASE_URL)
    if seen["scheme"] != wanted.scheme:
        return failed(f"Requests are taken for {seen['scheme']} instead of {wanted.scheme}.", PROXY_HELP)
    if seen["host"] != wanted.netloc:
        return failed(
            f"Requests are taken to be for {seen['host']} instead of {wanted.netloc}.",
            "Let the proxy keep Host.",
        )
    believed = [name for name in ("client", "request_id") if seen[name] in INVENTED.values()]
    if believed or not seen["client"]:
        return failed(
            "What anybody claims to be forwarding is believed, or nobody's address arrives.", PROXY_HELP
        )
    return ok(f"Requests come as {seen['scheme']} from {seen['client']}; invented headers don't count.")


def openid_provider() -> Finding:
    """Its discovery document and its keys, as each log-in reads them."""
    if not settings.OIDC_ISSUER:
        return ok("People log in by passwords; no OpenID provider is set.")
    from releaseorch.web import oidc  # allauth's apps are there only with the setting

    try:
        oidc.look()
    except oidc.NONSENSE as broken:
        return failed(
            f"The OpenID provider {settings.OIDC_ISSUER} doesn't answer as it should: {first_line(broken)}.",
            "Check RELEASEORCH_OIDC_ISSUER, and that this host reaches it.",
        )
    return ok(f"The OpenID provider {settings.OIDC_ISSUER} answers and shows its keys.")


def static_files() -> Finding:
    path = static("css/layers.css")
    with open_address(path) as answer:
        kind = answer.headers.get_content_type()
    if kind != "text/css":
        return failed(f"{path} comes as {kind}.", "Run manage.py collectstatic.")
    return ok("Static files come.")


def event_stream() -> Finding:
    """Two events, a second apart: if they come together, something in between keeps them back."""
    begun = time.monotonic()
    with open_address(f"/live/trial?{_ticket()}") as answer:
        answer.readline()
        first_s = time.monotonic() - begun
        answer.read()
        last_s = time.monotonic() - begun
    if last_s - first_s < probe.PAUSE_S / 2:
        return failed(
            "The event stream is kept back on its way.", "Switch buffering off for /live/ in the proxy."
        )
    return ok(f"The event stream begins after {first_s * 1000:.0f} ms and comes piece by piece.")


def _ticket() -> str:
    return urllib.parse.urlencode({"ticket": probe.ticket()})
