"""The demo's fixture files, read once, and where its things lie on disk."""

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

FOLDER = settings.BASE_DIR / "fixtures" / "northfold"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where libyaml is
Row = dict[str, str]


@dataclass(frozen=True)
class Fixtures:
    """The files as plain data."""

    folder: Path = FOLDER

    def _read(self, name: str) -> Any:
        return yaml.load((self.folder / name).read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 (safe ones)

    def _sheet(self, name: str) -> list[Row]:
        with (self.folder / "landscape" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    @cached_property
    def enterprise(self) -> dict[str, Any]:
        return dict(self._read("enterprise.yaml"))

    @cached_property
    def procedures(self) -> dict[str, list[dict[str, Any]]]:
        return dict(self._read("procedures.yaml"))

    @cached_property
    def release(self) -> dict[str, Any]:
        return dict(self._read("release.yaml"))

    @cached_property
    def requests(self) -> list[dict[str, Any]]:
        return list(self._read("requests.yaml"))

    @cached_property
    def applications(self) -> list[Row]:
        return self._sheet("applications")

    @cached_property
    def components(self) -> list[Row]:
        return self._sheet("components")

    @cached_property
    def versions(self) -> list[Row]:
        return self._sheet("versions")

    @cached_property
    def features(self) -> list[Row]:
        return self._sheet("features")


@dataclass(frozen=True)
class Places:
    """Folders of the demo below the state directory."""

    state: Path

    @property
    def artifacts(self) -> Path:
        return self.state / "demo" / "artifacts"

    @property
    def sites(self) -> Path:
        return self.state / "demo" / "sites"

    def site(self, environment: str, target: str | None, component: str) -> Path:
        folder = self.sites / environment
        return folder / target / component if target else folder / component


def places() -> Places:
    return Places(Path(settings.STATE_DIR))


def names_in(cell: str) -> list[str]:
    """The names that a cell lists, parted by semicolons."""
    return [name for part in cell.split(";") if (name := part.strip())]
