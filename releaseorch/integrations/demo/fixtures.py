"""The demo's fixture files, read once, and where its things lie on disk."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

FOLDER = settings.BASE_DIR / "fixtures" / "northfold"


@dataclass(frozen=True)
class Fixtures:
    """The three files as plain data."""

    folder: Path = FOLDER

    def _read(self, name: str) -> Any:
        return yaml.safe_load((self.folder / name).read_text(encoding="utf-8"))

    @cached_property
    def enterprise(self) -> dict[str, Any]:
        return dict(self._read("enterprise.yaml"))

    @cached_property
    def procedures(self) -> dict[str, list[dict[str, Any]]]:
        return dict(self._read("procedures.yaml"))

    @cached_property
    def release(self) -> dict[str, Any]:
        return dict(self._read("release.yaml"))


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
