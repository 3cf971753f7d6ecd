"""Stands in for Django's commands: the demo data is one person, the housekeeper waits, if need be stubbornly."""

import json
import os
import signal
import sys
import time
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

PEOPLE = [{"username": "dora", "password": "correct horse", "name": "Dora Dev", "role": "developer"}]


def call_command(name: str, **options: object) -> None:
    if name == "load_demo":
        (Path(os.environ["RELEASEORCH_STATE_DIR"]) / "people.json").write_text(json.dumps(PEOPLE))


def execute_from_command_line(argv: list[str]) -> None:
    if argv[1] == "misconfigured":
        raise ImproperlyConfigured("Set the environment variable RELEASEORCH_SECRET_KEY.")
    if argv[1] == "housekeeper":
        if os.environ.get("STAND_IN_HOUSEKEEPER_IS_STUBBORN"):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            (Path(os.environ["RELEASEORCH_STATE_DIR"]) / "stubborn").touch()
        time.sleep(600)
    sys.stdout.write(f"django ran {' '.join(argv[1:])}\n")
