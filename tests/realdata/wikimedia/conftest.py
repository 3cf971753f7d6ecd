"""The real folder read once, and a database into which it was imported."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from releaseorch.core.actor import System
from releaseorch.integrations.sources.apply import apply
from releaseorch.integrations.sources.document import ImportDocument
from releaseorch.integrations.sources.registry import source_of


@pytest.fixture(scope="session")
def wikimedia(real_data: Path) -> ImportDocument:
    return source_of("wikimedia").read(real_data / "wikimedia", history=True)


@pytest.fixture(scope="session")
def published_facts(real_data: Path) -> Mapping[str, Any]:
    return {fact["id"]: fact["value"] for fact in json.loads((real_data / "facts.json").read_text())["facts"]}


@pytest.fixture(scope="module")
def imported(django_db_setup: None, django_db_blocker: Any, wikimedia: ImportDocument) -> Any:
    """The whole history in the database, for all tests of a module; undone afterwards."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield apply(wikimedia, actor=System("Import of wikimedia"))
        transaction.set_rollback(True)
