"""Answers that are sent part by part, whatever the server."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest


def parts_for(request: HttpRequest, parts: Iterator[bytes]) -> Iterator[bytes] | AsyncIterator[bytes]:
    """What a streaming answer is made of; for an ASGI server such that each is sent before the next is read."""
    return _later(parts) if isinstance(request, ASGIRequest) else parts


async def _later(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    def read() -> bytes | None:
        return next(parts, None)

    while (part := await sync_to_async(read)()) is not None:
        yield part
