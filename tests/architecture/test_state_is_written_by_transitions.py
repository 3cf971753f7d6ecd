"""Nobody writes a state column but the transitions, the guarded save and the store's hot statements."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "releaseorch"
ALLOWED = ("runs/store/", "core/models.py")


def writes_of_state(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            names = {keyword.arg for keyword in node.keywords}
            if node.func.attr in {"update", "update_or_create", "bulk_update"} and "state" in names:
                found.append(f"{path.relative_to(PACKAGE)}:{node.lineno} {node.func.attr}(state=…)")
        if isinstance(node, ast.Assign):
            found += [
                f"{path.relative_to(PACKAGE)}:{node.lineno} .state = …"
                for target in node.targets
                if isinstance(target, ast.Attribute) and target.attr == "state"
            ]
    return found


def test_states_change_only_through_transitions() -> None:
    wrong = [
        line
        for path in sorted(PACKAGE.rglob("*.py"))
        if "migrations" not in path.parts
        and "executors" not in path.parts
        and not str(path.relative_to(PACKAGE)).startswith(ALLOWED)
        for line in writes_of_state(path)
    ]
    assert wrong == []
