"""The contract of a source: read a folder, give back one import document, change nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from django.utils.translation import gettext as _

from releaseorch.core.errors import DomainError
from releaseorch.integrations.sources.document import ImportDocument


class SourceUnreadable(DomainError):
    """A file can't be used at all, so nothing may be imported; says which file and why."""

    def __init__(self, file: str, reason: str) -> None:
        self.file = file
        super().__init__(_("%(file)s can't be imported: %(reason)s") % {"file": file, "reason": reason})


class Source(Protocol):
    """A kind of real data.

    `read` takes the folder and gives everything in it; with `history` also what happened before now. A row that
    can't be used is left out and listed in the document; a file that is missing, isn't text or lacks a column
    raises SourceUnreadable. Reading the same folder twice gives equal documents.
    """

    @property
    def kind(self) -> str:
        """The word by which people name this source."""
        ...

    def read(self, folder: Path, *, history: bool) -> ImportDocument: ...
