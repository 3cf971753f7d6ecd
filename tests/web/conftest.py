"""Fixtures of the pages: a real ASGI server."""

from collections.abc import Iterator

import pytest

from tests.asgi_server import serve


@pytest.fixture
def live_asgi(transactional_db: None) -> Iterator[str]:
    with serve() as address:
        yield address
