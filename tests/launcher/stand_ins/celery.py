"""Stands in for the worker: starts a script in a session of its own, as executors do; both only wait."""

import os
import subprocess
import sys
import time

SCRIPT = "import os; os.read(int(os.environ['RELEASEORCH_LIFELINE_FD']), 1)"

if __name__ == "__main__":
    if os.environ.get("STAND_IN_WORKER_FAILS"):
        sys.exit("the worker cannot start")
    lifeline = int(os.environ["RELEASEORCH_LIFELINE_FD"])
    environment = {"RELEASEORCH_LIFELINE_FD": str(lifeline), "PATH": os.defpath}
    subprocess.Popen(
        [sys.executable, "-c", SCRIPT], pass_fds=[lifeline], start_new_session=True, env=environment, cwd="/"
    )
    time.sleep(600)
