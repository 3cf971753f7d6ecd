"""Decides what `manage.py` does: the launcher's own commands, or Django's when its packages are there."""

import importlib
import importlib.util
import os
from collections.abc import Sequence

from releaseorch.launcher.console import Refusal, warn

INTERRUPTED = 130
OWN = {
    "demo": "releaseorch.launcher.demo",
    "pictures": "releaseorch.launcher.pictures",
    "test": "releaseorch.launcher.suite",
}


def main(argv: Sequence[str]) -> int:
    command = argv[1] if len(argv) > 1 else ""
    try:
        return own(command, argv) if command in OWN else django(argv)
    except Refusal as refusal:
        warn(str(refusal))
        return 1
    except KeyboardInterrupt:
        warn("Stopped.")
        return INTERRUPTED


def own(command: str, argv: Sequence[str]) -> int:
    if os.name != "posix":
        raise Refusal(f"`{command}` needs Linux or macOS: on Windows run it inside WSL.")
    code: int = importlib.import_module(OWN[command]).main(argv)
    return code


def django(argv: Sequence[str]) -> int:
    """Behaves as every Django manage.py; without Django it goes on inside a finished `.venv`."""
    if importlib.util.find_spec("django") is None:
        _go_where_django_is(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "releaseorch.config.settings")
    exceptions = importlib.import_module("django.core.exceptions")
    management = importlib.import_module("django.core.management")
    try:
        management.execute_from_command_line(list(argv))
    except exceptions.ImproperlyConfigured as wrong:
        raise Refusal(str(wrong)) from None
    return 0


def _go_where_django_is(argv: Sequence[str]) -> None:
    if os.name == "posix":
        installation = importlib.import_module("releaseorch.launcher.installation")
        if not installation.inside() and installation.finished():
            installation.reenter(argv)
    raise Refusal(
        "Django is not installed for this Python: run `python3 manage.py demo` once"
        " (it installs everything into .venv), then this command again."
    )
