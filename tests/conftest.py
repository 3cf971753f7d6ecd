"""Fixtures that every test may use: the cast, the house, doors, and callbacks after commit."""

import gc
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
from tests.unguarded import let_tables_be_emptied

let_tables_be_emptied()

# When the suite runs on both databases, these run with one of the two. The first never ask one. The others are about
# what the doors say and how it looks: the services and queries behind them are tried on both, PostgreSQL opens every
# page there is (test_every_address), and `.ci/run servers` runs all that asks a database on a PostgreSQL server.
WITHOUT_DATABASE = ("architecture", "config", "delivery/planning", "executors", "launcher")
WITH_SQLITE = (
    *WITHOUT_DATABASE,
    "api",
    "browser/test_keys.py",
    "browser/test_kept_form.py",
    "browser/test_request_form.py",
    "browser/test_styleguide.py",
    "browser/test_thirtieth",
    "browser/test_whole_story",
    "doors",
    "web",
)
WITH_POSTGRESQL = (
    "browser/test_live_pages.py",
    "browser/test_pages.py",
    "permissions",
    "realdata/govuk/test_reenact.py",
    "realdata/wikimedia/test_reenact.py",
    "web/test_every_address.py",
)

# What these prepare is dear and made once for all tests of a file, so one process runs them.
TOGETHER = (
    "integrations/test_demo.py",
    "realdata/govuk/test_facts.py",
    "realdata/wikimedia/test_facts.py",
    "upgrade/",
    "web/test_oidc.py",
)
# Whole installations: begun first, so that nobody waits for them at the end.
LONGEST = ("backup/", "launcher/")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright leaves an event loop in its process, over which others would stumble."""
    items.sort(key=lambda item: ("browser" in item.keywords, not _place_of(item).startswith(LONGEST)))


def _place_of(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).as_posix()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    from xdist.scheduler import LoadScopeScheduling  # there is no such hook without the plug-in

    class OneByOne(LoadScopeScheduling):
        """Tests go to whoever is free, those of a dear file one after the other to the same process."""

        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return file if file.removeprefix("tests/").startswith(TOGETHER) else nodeid

    return OneByOne(config, log) if config.getvalue("dist") == "load" else None


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported stays: without this a sixth of the suite's time goes into looking whether it could be freed."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_itemcollected(item: pytest.Item) -> None:
    """What needs one pass is marked, so that `manage.py test` can share it out between the databases."""
    where = _place_of(item)
    if where.startswith(WITHOUT_DATABASE):
        assert "db" not in getattr(item, "fixturenames", ()), f"{item.nodeid} asks the database"
    if where.startswith(WITH_POSTGRESQL):
        item.add_marker("with_postgresql")
    elif where.startswith(WITH_SQLITE):
        item.add_marker("with_sqlite")


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
