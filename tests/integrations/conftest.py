"""The command as people call it, and a small folder of the kind `wikimedia`."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.integrations.wikimedia_folders import END, START, deployment, make_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One service: v1 everywhere at the start, then v2 in staging."""
    return make_folder(tmp_path, deployment(), start=START, end=END)


@pytest.fixture
def import_folder(db: None) -> Callable[..., dict[str, Any]]:
    """Run the command; gives its JSON."""

    def run(folder: Path, *options: str, kind: str = "wikimedia") -> dict[str, Any]:
        out = StringIO()
        call_command("import_source", kind, str(folder), "--json", *options, stdout=out)
        summary: dict[str, Any] = json.loads(out.getvalue())
        return summary

    return run
