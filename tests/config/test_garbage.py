"""A page doesn't wait while Python looks through what was imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from releaseorch.config import garbage

SAYS = """
import gc, importlib
module = importlib.import_module("releaseorch.config." + {name!r})
found = [gc.get_freeze_count(), len(gc.get_objects()), gc.get_threshold()[0]]
import sys
print(*found, "releaseorch.web.views.requests" in sys.modules)
"""


@pytest.mark.parametrize("name", ["wsgi", "asgi"])
def test_a_web_process_leaves_out_what_it_has_imported(name: str, tmp_path: Path) -> None:
    env = {
        **os.environ,
        "RELEASEORCH_STATE_DIR": str(tmp_path),
        "RELEASEORCH_SECRET_KEY": "a-key-that-is-long-enough-for-a-process-of-its-own-in-a-test",
    }
    said = subprocess.run(
        [sys.executable, "-c", SAYS.format(name=name)], env=env, check=True, capture_output=True, text=True
    )
    frozen, looked_at, threshold, has_pages = said.stdout.split()
    assert int(frozen) > 100 * int(looked_at)
    assert int(threshold) == garbage.THRESHOLDS[0]
    assert has_pages == "True"
