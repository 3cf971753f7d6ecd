"""What is there now, on a target or in the environment as a whole, and whether that is what is wanted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from releaseorch.delivery.planning.inputs import InstalledIn
from releaseorch.delivery.planning.sentences import either


@dataclass(frozen=True, slots=True)
class Found:
    """The installations that answer for one place; a place without any has an empty tuple or a None in it."""

    rows: tuple[InstalledIn | None, ...]

    def holds(self, version_id: int | None, version_text: str) -> bool:
        """Whether this very version is known to be there, everywhere; an uncertain one never is."""
        return bool(self.rows) and all(
            row is not None and not row.uncertain_between and _is_version(row, version_id, version_text)
            for row in self.rows
        )

    @property
    def is_empty(self) -> bool:
        """Whether it is certain that nothing is there."""
        return not any(row and (row.version_text or row.uncertain_between) for row in self.rows)

    @property
    def uncertain_between(self) -> tuple[str, ...]:
        """The versions that may be there, or () when it is known."""
        return next((row.uncertain_between for row in self.rows if row and row.uncertain_between), ())

    @property
    def text(self) -> str:
        """The version (or versions) there, as people read it; empty when there is none."""
        texts: dict[str, None] = {}
        for row in self.rows:
            for text in (row.uncertain_between or (row.version_text,)) if row else ():
                texts[text] = None
        return either(text for text in texts if text)


class Inventory:
    """The installations of one environment by component and target."""

    def __init__(self, installed: Iterable[InstalledIn]) -> None:
        self._rows = {(row.component_id, row.target_id): row for row in installed}

    def on_target(self, component_id: int, target_id: int) -> Found:
        """Return what is on this target; a row for the environment as a whole speaks for every target."""
        row = self._rows.get((component_id, target_id)) or self._rows.get((component_id, None))
        return Found((row,))

    def anywhere(self, component_id: int, target_ids: Iterable[int]) -> Found:
        """Return what is in the environment: its own row, else the rows of all these targets."""
        whole = self._rows.get((component_id, None))
        if whole is not None:
            return Found((whole,))
        return Found(tuple(self._rows.get((component_id, target_id)) for target_id in target_ids))


def _is_version(row: InstalledIn, version_id: int | None, version_text: str) -> bool:
    if row.version_id is not None and version_id is not None:
        return row.version_id == version_id
    return bool(row.version_text) and row.version_text == version_text
