"""An installation below a path, such as https://tools.example/releaseorch: pages name addresses from the root.

Here, at the one door, the path is put in front of them; the proxy takes it off what comes in.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

ADDRESSES = (
    rb"href|src|action|formaction|data-live|data-stream|hx-(?:get|post|put|patch|delete|push-url|replace-url)"
)
# Within a tag only: in texts, Django escapes quotes.
IN_TAGS = re.compile(rb"(\s(?:" + ADDRESSES + rb""")=["'])/(?!/)""")
HEADERS = ("Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "HX-Replace-Url")


class BelowAPath(MiddlewareMixin):
    """Not used where the installation has a host of its own."""

    def __init__(self, get_response: Any) -> None:
        self.prefix = urlsplit(settings.BASE_URL).path.rstrip("/")
        if not self.prefix:
            raise MiddlewareNotUsed
        super().__init__(get_response)

    def process_request(self, request: HttpRequest) -> None:
        for name in ("HTTP_REFERER", "HTTP_HX_CURRENT_URL"):
            if name in request.META:
                request.META[name] = self.taken_off(request.META[name])
        plain = request.build_absolute_uri

        def whole(location: str | None = None) -> str:
            if location is not None and urlsplit(location).netloc:
                return self.put_on(plain(location), request)
            return self.lead_in(
                plain(location)
            )  # from the root or the page that was asked for, as we know them

        request.build_absolute_uri = whole  # type: ignore[method-assign]

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        for name in HEADERS:
            if response.has_header(name):
                response[name] = self.put_on(response[name], request)
        if isinstance(response, HttpResponse) and response.get("Content-Type", "").startswith("text/html"):
            response.content = IN_TAGS.sub(rb"\g<1>" + self.prefix.encode() + b"/", response.content)
            if response.has_header("Content-Length"):
                response["Content-Length"] = str(len(response.content))
        return response

    def put_on(self, address: str, request: HttpRequest) -> str:
        """The path in front of an address of ours, once.

        From the root no address carries it yet, even if it looks so: a prefix may be called as a page of ours.
        """
        parts = urlsplit(address)
        is_ours = not parts.netloc or parts.netloc == request.get_host()
        is_on = bool(parts.netloc) and self.is_below(parts.path)
        if not is_ours or not parts.path.startswith("/") or is_on:
            return address
        return self.lead_in(address)

    def lead_in(self, address: str) -> str:
        parts = urlsplit(address)
        return parts._replace(path=f"{self.prefix}{parts.path}").geturl()

    def taken_off(self, address: str) -> str:
        parts = urlsplit(address)
        if not self.is_below(parts.path):
            return address
        return parts._replace(path=parts.path.removeprefix(self.prefix) or "/").geturl()

    def is_below(self, path: str) -> bool:
        return path == self.prefix or path.startswith(f"{self.prefix}/")
