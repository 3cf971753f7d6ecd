"""The real folder read once, and a database into which its year was imported."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from releaseorch.integrations.sources.document import ImportDocument
from releaseorch.integrations.sources.registry import source_of


@pytest.fixture(scope="session")
def govuk(real_data: Path) -> ImportDocument:
    return source_of("govuk").read(real_data / "govuk", history=True)


@pytest.fixture(scope="session")
def published_facts(real_data: Path) -> Mapping[str, Any]:
    return {fact["id"]: fact["value"] for fact in json.loads((real_data / "facts.json").read_text())["facts"]}
