"""A part in a process that knows no other servers than those it is given."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from django.conf import settings


def again(part: str, env: Mapping[str, str], size: float) -> dict[str, Any]:
    """What `benchmark scale` finds there for this part alone."""
    options = ["--set", f"only={part}", "--set", f"size={size}"]
    program = [sys.executable, str(settings.BASE_DIR / "manage.py"), "benchmark", "scale", "--json", *options]
    done = subprocess.run(program, env={**os.environ, **env}, stdout=subprocess.PIPE, check=True)  # noqa: S603
    found: dict[str, Any] = json.loads(done.stdout)[part]
    return found
