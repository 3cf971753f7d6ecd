"""`python -m tests.faults.campaign`: one campaign, its report, and an exit code."""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from releaseorch.launcher.broker import short_temporary
from tests.faults.campaign import disks
from tests.faults.campaign.defects import DEFECTS, names
from tests.faults.campaign.pace import REAL, TENTH
from tests.faults.campaign.plant import KINDS, Plant

FATES = ("", "cancelled", "paused", "beside")


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started ends with us
    options = parsed()
    if options.defects:
        return planted()
    if options.defect:
        planted_now = [DEFECTS[name] for name in names(options.defect)]
        options.runs, options.at_once, options.longest = 2, 2, 90.0
        options.faults = ",".join({defect.faults for defect in planted_now})
        options.each = max(defect.each for defect in planted_now)
        options.fate = next((defect.fate for defect in planted_now if defect.fate), "")
    try:
        disks.apart()
    except OSError as refused:
        raise SystemExit(
            f"Small disks, to be filled, can't be mounted here ({refused}): run this as root."
        ) from None
    folder = Path(tempfile.mkdtemp(prefix="releaseorch-faults-", dir=short_temporary()))
    folder.chmod(0o755)
    try:
        report = carried_out(options, folder)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(report.as_json(), indent=2) if options.json else report.as_text())  # noqa: T201
    return 0 if report.is_well else 1


def planted() -> int:
    """Each defect in a campaign of its own; which were not found."""
    missed = []
    for name in DEFECTS:
        argv = [sys.executable, "-m", "tests.faults.campaign", "--defect", name]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        said = [line for line in done.stdout.splitlines() if DEFECTS[name].found_by in line]
        print(f"{name:<40} {'found: ' + said[0] if done.returncode == 0 else 'NOT FOUND'}", flush=True)  # noqa: T201
        if done.returncode:
            missed.append(name)
    return 1 if missed else 0


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py test --faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument(
        "--on", default="redis", choices=KINDS, help="the broker; embedded: the demo's, and SQLite"
    )
    parser.add_argument("--runs", type=int, default=56, help="of 20 steps each")
    parser.add_argument("--at-once", type=int, default=8, help="runs that are carried out side by side")
    parser.add_argument("--fate", default="", choices=FATES, help="what each run meets under way")
    parser.add_argument("--faults", default="", help="only these, by name, with commas between")
    parser.add_argument("--each", type=int, default=5, help="how often each fault must hit")
    parser.add_argument("--longest", type=float, default=440, help="seconds until nothing more is done")
    parser.add_argument("--defect", default="", help="plant this one (or some, with commas), to be found")
    parser.add_argument("--defects", action="store_true", help="plant one defect after the other")
    parser.add_argument("--real-times", action="store_true", help="of the engine, not a tenth of them")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", action="store_true", help="leave the folder with logs and ledgers")
    return parser.parse_args()


def carried_out(options: argparse.Namespace, folder: Path) -> "Report":  # noqa: F821
    plant = Plant.made_in(folder, options.on, REAL if options.real_times else TENTH)
    plant.defect = options.defect
    plant.database.start()
    plant.broker.start()
    os.environ.update(plant.environment())
    sys.path.insert(0, str(folder))  # where the plug-in is
    import django

    django.setup()
    from tests.faults.campaign import campaign  # needs the settings of this folder

    try:
        return campaign.carry_out(plant, options)
    finally:
        if options.keep:
            plant.halt()
            plant.database.kill()
            plant.keep()
        plant.stop()


if __name__ == "__main__":
    raise SystemExit(main())
