"""The house stays readable: length of modules, a docstring in each, no drawer for odds and ends."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "releaseorch"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)
DRAWERS = {"utils", "helpers", "common", "manager", "misc"}
LONGEST = 400


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_is_short_says_what_it_holds_and_has_a_name(module: Path) -> None:
    text = module.read_text()
    assert len(text.splitlines()) <= LONGEST
    assert module.stem not in DRAWERS
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "a module says in one sentence what lives in it"
