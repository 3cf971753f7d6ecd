"""Fixtures that every test may use: the cast, the house, doors, and callbacks after commit."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client, TestCase

from releaseorch.accounts.models import Person
from tests.characters import Cast, make_cast
from tests.factories import House, make_house


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright leaves an event loop in its process, over which others would stumble."""
    items.sort(key=lambda item: "browser" in item.keywords)


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def house(cast: Cast) -> House:
    return make_house(cast)


Commits = Callable[[], AbstractContextManager[Any]]


@pytest.fixture
def commits() -> Commits:
    """`with commits(): service(...)`: what was put off until after commit happens at the end of the block."""

    def block() -> AbstractContextManager[Any]:
        return TestCase.captureOnCommitCallbacks(execute=True)

    return block


class Door(Client):
    """A browser of one person; what was put off until after commit happens after each request."""

    def request(self, **values: Any) -> HttpResponse:
        if not connection.in_atomic_block:
            return super().request(**values)
        with TestCase.captureOnCommitCallbacks(execute=True):
            return super().request(**values)


@pytest.fixture
def door(db: None) -> Callable[..., Door]:
    def open_door(person: Person | None = None, **options: Any) -> Door:
        made = Door(**options)
        if person is not None:
            made.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return made

    return open_door


@pytest.fixture(scope="session")
def real_data() -> Iterator[Path]:
    """The folder of real releases; where it is absent the test is skipped loudly, or fails if it is required."""
    folder = Path(settings.DATA_DIR)
    if not (folder / "facts.json").is_file():
        message = f"REAL DATA ABSENT: set RELEASEORCH_DATA_DIR; {folder} has no facts.json"
        if os.environ.get("RELEASEORCH_DATA_REQUIRED") == "1":
            pytest.fail(message)
        pytest.skip(message)
    yield folder
