"""Run one of the benchmarks in the folder `benchmarks`, on an installation of its own."""

import importlib
import inspect
import json
import pkgutil
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from releaseorch.core.errors import DomainError

FOLDER = settings.BASE_DIR / "benchmarks"


class Command(BaseCommand):
    help = "Run a benchmark; it makes a database of its own and leaves the real one alone."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help=f"one of: {', '.join(names())}")
        parser.add_argument("--json", action="store_true", help="print the result as JSON, on one line")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="an option of the benchmark itself",
        )
        parser.add_argument("--data", default=settings.DATA_DIR, help="the folder of real releases")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["name"] not in names():
            raise CommandError(f"There is no benchmark “{options['name']}”. There are: {', '.join(names())}.")
        if str(FOLDER.parent) not in sys.path:
            sys.path.insert(0, str(FOLDER.parent))
        runner = importlib.import_module(f"benchmarks.{options['name'].replace('-', '_')}")
        data = Path(options["data"])
        if getattr(runner, "NEEDS_DATA", True) and not data.is_dir():
            raise CommandError(
                f"The folder of real releases {data} isn't there: set RELEASEORCH_DATA_DIR or give --data."
            )
        given = dict(word.partition("=")[::2] for word in options["set"])
        if unknown := sorted(given.keys() - inspect.signature(runner.run).parameters.keys()):
            raise CommandError(f"The benchmark {options['name']} has no option {', '.join(unknown)}.")
        try:
            result: dict[str, Any] = runner.run(data, **given)
        except DomainError as refused:
            raise CommandError(" ".join(refused.reasons)) from refused
        indent = None if options["json"] else 2
        self.stdout.write(json.dumps(result, ensure_ascii=False, indent=indent))


def names() -> list[str]:
    found = (module.name for module in pkgutil.iter_modules([str(FOLDER)]))
    return sorted(name.replace("_", "-") for name in found if not name.startswith("_"))
