"""The contract of a kind of thing: how its lines in a document are told apart, and which columns they fill."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db import models
from django.utils.text import slugify

from releaseorch.core.text import folded
from releaseorch.integrations.sources.document import ImportDocument

Facts = dict[str, Any]  # JSON; a fact that is None is unknown and never takes the place of a known one
Line = tuple[str, Facts]
LONGEST_KEY = 300


def key_of(*parts: str) -> str:
    """One text for the parts; a long one is cut and stays unique by its digest."""
    key = "/".join(parts)
    if len(key) <= LONGEST_KEY:
        return key
    return f"{key[: LONGEST_KEY - 33]}~{hashlib.sha256(key.encode()).hexdigest()[:32]}"


@dataclass(slots=True)
class Ground:
    """What stands already while an import goes on: kind → key → id of the row, and the slugs that are taken."""

    ids: dict[str, dict[str, int]] = field(default_factory=dict)
    _taken: dict[type[models.Model], set[str]] = field(default_factory=dict)

    def keys(self, kind: str) -> dict[int, str]:
        """Id of the row → key, of a kind that was brought already: people may have renamed the row."""
        return {pk: key for key, pk in self.ids.get(kind, {}).items()}

    def free_slug(self, model: type[models.Model], name: str, column: str = "slug") -> str:
        """A slug of the name that no row has, nor any given out before."""
        if model not in self._taken:
            self._taken[model] = set(model._base_manager.values_list(column, flat=True))
        base = slugify(name)[:90].strip("-_") or "imported"
        number, slug = 1, base
        while slug in self._taken[model]:
            number += 1
            slug = f"{base}-{number}"
        self._taken[model].add(slug)
        return slug


class Kind:
    """One kind of thing; what people changed in a row stays, unless the source itself says something new."""

    name: ClassVar[str]
    model: ClassVar[type[models.Model]]
    # A pair of two known things needs no record: it is there or it isn't.
    is_recorded: ClassVar[bool] = True
    # Names that look the same are the same thing: the database takes no second one.
    is_folded: ClassVar[bool] = False

    def lines(self, document: ImportDocument) -> Iterable[Line]:
        """Key and facts of each thing; the facts are what is compared with the last import."""
        raise NotImplementedError

    def find(self, ground: Ground) -> Callable[[str], int | None]:
        """From a key to the id of the row that is there."""
        known = self.known(ground)
        if not self.is_folded:
            return known.get
        alike = {folded(key): pk for key, pk in known.items()}
        return lambda key: known.get(key) or alike.get(folded(key))

    def known(self, ground: Ground) -> dict[str, int]:
        """Key → id of the rows that are there, whoever made them; one query."""
        raise NotImplementedError

    def values(self, facts: Facts, ground: Ground) -> dict[str, Any]:
        """The columns that the source owns: written again when its facts change."""
        return {}

    def first_values(self, facts: Facts, ground: Ground) -> dict[str, Any]:
        """The columns that are written once."""
        raise NotImplementedError

    def objections(self, lines: Mapping[str, Facts], ground: Ground) -> dict[str, str]:
        """Key → why this new thing can't be taken."""
        return {}
