"""Knocking at each door of a verb, and taking back what it did."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction

from releaseorch.core import clock
from tests.api.conftest import Program, program  # noqa: F401  (a fixture)
from tests.doors.verbs import Call, Verb
from tests.factories import House
from tests.stored import Rows, rows_of

# Where verbs leave something; who is logged in and which pages have been told is no part of it.
WATCHED = (
    "delivery",
    "runs",
    "audit",
    "waiting",
    "environments",
    "catalog",
    "features",
    "accounts",
    "notifications",
    "core",
)
UNWATCHED = {
    "audit.Topic",
    "accounts.Token",
    "catalog.Procedure",
    "catalog.ProcedureStep",
    "environments.Environment",
}


def rows() -> Rows:
    """Everything that a verb can write."""
    models = [model for app in WATCHED for model in apps.get_app_config(app).get_models()]
    return rows_of(model for model in models if model._meta.label not in UNWATCHED)


@contextmanager
def taken_back() -> Iterator[None]:
    """What happens inside never happened."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def one_moment(db: None) -> Iterator[None]:
    """Time stands still, so that rows of two doors can be the same to the microsecond."""
    with clock.at(clock.now()):
        yield


@pytest.fixture
def call(request: pytest.FixtureRequest, house: House, one_moment: None) -> Call:
    """The start of the verb that the test is about."""
    verb: Verb = request.getfixturevalue("verb")
    subject = verb.start(house)
    found = type(subject)._base_manager.get(pk=subject.pk)
    return Call(house, found, getattr(house.cast, verb.who), found.row_version if verb.is_guarded else None)


class Doors:
    """The page and the API of one person. What is typed was read off before the first knock, as from a form."""

    def __init__(self, verb: Verb, call: Call, page: Any, api: Program) -> None:
        self._verb, self._call, self._page, self._api = verb, call, page, api
        self._said = {name: dict(getattr(verb, name)(call)) for name in open_doors(verb)}

    def knock(self, door: str, *, back: int = 0, **headers: str) -> Any:
        """`back`: how many versions ago the row was looked at."""
        version = {"version": (self._call.seen or 0) - back} if self._verb.is_guarded else {}
        return getattr(self, f"_at_{door}")({**self._said[door], **version}, headers)

    def _at_page(self, said: dict[str, Any], headers: dict[str, str]) -> Any:
        return self._page.post(
            self._verb.path(self._verb.page_path, self._call.subject), said, headers=headers
        )

    def _at_api(self, said: dict[str, Any], headers: dict[str, str]) -> Any:
        path = f"/api/v1/{self._verb.path(self._verb.api_path, self._call.subject)}"
        return getattr(self._api, self._verb.api_method)(path, said, format="json", headers=headers)


@pytest.fixture
def doors(call: Call, request: pytest.FixtureRequest, door: Any, program: Any) -> Doors:  # noqa: F811
    return Doors(request.getfixturevalue("verb"), call, door(call.person), program(call.person))


def open_doors(verb: Verb) -> list[str]:
    return [name for name in ("page", "api") if getattr(verb, name) is not None]
