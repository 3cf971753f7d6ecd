"""What stands already while tables are looked at: rows of the database, and those that would be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.utils.text import slugify
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.core.actor import Actor
from releaseorch.core.fields import name_key
from releaseorch.integrations.tables.cells import shown
from releaseorch.runs.models import DeploymentRun, RunTarget

if TYPE_CHECKING:
    from releaseorch.integrations.tables.portions import Unfinished
    from releaseorch.integrations.tables.sheet import Link, Sheet

Names = tuple[str, ...]


class Wrong(ValueError):
    """This row can't be taken: sentences by field, "" for the row as a whole."""

    def __init__(self, sentences: Mapping[str, str]) -> None:
        self.sentences = sentences
        super().__init__(" ".join(sentences.values()))


class Consequence(Wrong):
    """It needs a row that is refused itself: what is wrong was said there, once."""

    def __init__(self) -> None:
        super().__init__({})


def folded(names: Names) -> Names:
    return tuple(map(name_key, names))


@dataclass
class World:
    """Each kind of thing is read once, when it is first asked for."""

    actor: Actor
    moment: datetime
    # An import that broke off: what came in retired then may still get what belongs to it.
    unfinished: Unfinished | None = None
    _things: dict[str, dict[Names, Any]] = field(default_factory=dict)
    _links: dict[Any, dict[int, dict[int, Model]]] = field(default_factory=dict)
    _slugs: dict[type[Model], set[str]] = field(default_factory=dict)
    _refused: set[tuple[str, Names]] = field(default_factory=set)

    def things(self, sheet: Sheet) -> dict[Names, Any]:
        if sheet.title not in self._things:
            self._things[sheet.title] = {sheet.key(names): row for names, row in sheet.present()}
        return self._things[sheet.title]

    def find(self, sheet: Sheet, column: str, *names: str) -> Any:
        """The thing of these names; raises `Wrong` at `column`."""
        found = self.things(sheet).get(sheet.key(names))
        if found is None and (sheet.title, sheet.key(names)) in self._refused:
            raise Consequence
        if found is None:
            said = {"sheet": sheet.title, "name": " / ".join(map(shown, names))}
            raise Wrong(
                {column: _("“%(name)s” is neither in the sheet %(sheet)s nor in this installation.") % said}
            )
        return found

    def refuse(self, sheet: Sheet, names: Names) -> None:
        """The row of these names can't be taken; what needs it needn't say so again."""
        self._refused.add((sheet.title, sheet.key(names)))

    def optional(self, sheet: Sheet, column: str, name: str) -> Any:
        return self.find(sheet, column, name) if name else None

    def linked(self, link: Link) -> dict[int, dict[int, Any]]:
        """Id of the owner → id of the other → the row between them."""
        if link.model not in self._links:
            found: dict[int, dict[int, Model]] = {}
            for row in link.model._default_manager.all():
                found.setdefault(getattr(row, f"{link.owner}_id"), {})[getattr(row, f"{link.other}_id")] = row
            self._links[link.model] = found
        return self._links[link.model]

    def free_slug(self, model: type[Model], name: str) -> str:
        """An address that no row has, nor any given out before."""
        taken = self.slugs(model)
        base = slugify(name)[:90].strip("-_") or "imported"
        number, slug = 1, base
        while slug in taken:
            number += 1
            slug = f"{base}-{number}"
        taken.add(slug)
        return slug

    def slugs(self, model: type[Model]) -> set[str]:
        """Addresses that are taken: those of the rows, and those given out before."""
        if model not in self._slugs:
            self._slugs[model] = {"new", *model._default_manager.values_list("slug", flat=True)}
        return self._slugs[model]

    @cached_property
    def at_work(self) -> Mapping[tuple[int, int], DeploymentRun]:
        """Component and environment → the run that works there just now."""
        rows = RunTarget.objects.filter(is_active=True).select_related("run")
        return {(row.component_id, row.environment_id): row.run for row in rows}

    @property
    def began(self) -> datetime:
        """When this import began, or the one that it finishes."""
        return self.unfinished.moment if self.unfinished else self.moment

    def is_closed(self, row: Any) -> bool:
        """Whether nothing new may come to a row: it is retired, and not by the import that this one finishes."""
        return bool(row.is_retired and row.retired_at != self.began)

    def is_actor(self, person: Person) -> bool:
        return isinstance(self.actor, Person) and self.actor.pk == person.pk

    @cached_property
    def actors_teams(self) -> frozenset[int]:
        return policy.team_ids(self.actor) if isinstance(self.actor, Person) else frozenset()
