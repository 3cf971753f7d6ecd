"""Makes the tables and loads the demo in one interpreter (two would cost two start-ups); runs as a child."""

import gc
import importlib
import os
import time


def main() -> None:
    gc.disable()  # this process ends in seconds; looking for what it could give back would take a tenth of them
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "releaseorch.config.settings")
    importlib.import_module("django").setup()
    call_command = importlib.import_module("django.core.management").call_command
    for command in ("make_tables", "load_demo"):
        begun = time.monotonic()
        call_command(command, verbosity=0)
        print(f"{command}: {time.monotonic() - begun:.1f} s", flush=True)


if __name__ == "__main__":
    main()
