"""What the same commands cost without an engine: a loop that runs each and updates one row."""

import subprocess
import time
from collections.abc import Iterable, Sequence

from releaseorch.runs.models import Step


def seconds_of_bare_loop(step_ids: Iterable[int], command: Sequence[str]) -> float:
    """Run the command once per step, one after the other, each with one committed update of the step's row."""
    began = time.monotonic()
    for step_id in step_ids:
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)  # noqa: S603
        Step.objects.filter(pk=step_id).update(expected_s=60)
    return time.monotonic() - began
