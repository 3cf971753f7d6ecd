"""What an import did, or would do: counts per kind of thing, and what was refused, where and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from releaseorch.integrations.sources.document import Noted, Refused


@dataclass(slots=True)
class Counts:
    """How many things of one kind were new, changed, as they were, or left out."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0

    @property
    def seen(self) -> int:
        return self.created + self.updated + self.unchanged + self.refused


@dataclass(slots=True)
class Summary:
    """One import; `kinds` is in the order in which they were written, refused rows counted under their file.

    `tell` is called with a line about how far it has come.
    """

    source: str
    is_dry_run: bool
    tell: Callable[[str], None] = field(default=lambda _line: None, repr=False)
    kinds: dict[str, Counts] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    noted: list[Noted] = field(default_factory=list)

    def count(self, kind: str) -> Counts:
        return self.kinds.setdefault(kind, Counts())

    def refuse(self, kind: str, refused: Refused) -> None:
        self.count(kind).refused += 1
        self.refused.append(refused)

    @property
    def changed(self) -> int:
        """How many things were written, or would be."""
        return sum(counts.created + counts.updated for counts in self.kinds.values())

    def as_dict(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "dry_run": self.is_dry_run,
            "kinds": {kind: asdict(counts) for kind, counts in self.kinds.items()},
            "refused": [asdict(refused) for refused in self.refused],
            "noted": [asdict(noted) for noted in self.noted],
        }
