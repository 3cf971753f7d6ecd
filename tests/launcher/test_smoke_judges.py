"""The smoke test believes nothing: rows, seals and the disk must say what the pages said."""

import json
from pathlib import Path
from typing import Any

import pytest

from releaseorch.launcher import smoke
from releaseorch.launcher.scenario import Outcome
from tests.launcher.conftest import Copy

OUTCOME = Outcome(7, "billing-api", "6.2.0", "Acceptance")


def facts(folder: Path, **changes: Any) -> smoke.Facts:
    (folder / "health.json").touch()
    true: dict[str, Any] = {
        "state": "succeeded",
        "inventory": [{"component": "billing-api", "environment": "Acceptance", "version": "6.2.0"}],
        "seals": {"unbroken": True, "count": 41},
        "deployed": [{"component": "billing-api", "path": str(folder / "health.json")}],
    }
    found: smoke.Facts = {**true, **changes}  # type: ignore[typeddict-item]
    return found


def test_what_happened_is_believed(tmp_path: Path) -> None:
    smoke.verify(facts(tmp_path), OUTCOME)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": "succeeded_with_exceptions"}, "The run is succeeded_with_exceptions"),
        ({"inventory": []}, "The inventory has"),
        (
            {"inventory": [{"component": "billing-api", "environment": "Acceptance", "version": "6.1.9"}]},
            "6.1.9",
        ),
        ({"seals": {"unbroken": False, "count": 41}}, "seals are broken"),
        ({"seals": {"unbroken": True, "count": 0}}, "seals are broken"),
        ({"deployed": []}, "no file at all"),
        (
            {"deployed": [{"component": "billing-api", "path": "/nowhere/health.json"}]},
            "/nowhere/health.json",
        ),
    ],
)
def test_a_lie_is_found_out(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(smoke.Failed, match=said):
        smoke.verify(facts(tmp_path, **changes), OUTCOME)


def test_a_site_that_cannot_do_the_job_fails_with_a_last_line_of_json_and_leaves_nothing(copy: Copy) -> None:
    answer = copy.install().run("demo", "--smoke", env={"TMPDIR": str(copy.folder)})
    assert answer.returncode == 1
    told = json.loads(answer.stdout.splitlines()[-1])
    assert told["ok"] is False
    assert "a developer of Policy and two release managers are needed" in told["error"]
    assert copy.left() == {}
