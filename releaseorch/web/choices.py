"""A choice among rows in an address or a form: by number, or by name where a select would be too long."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from releaseorch.core.choosing import by_name, few_of
from releaseorch.web import inputs

NOBODY = 0  # a row that no row is: what was typed fits nothing


@dataclass(frozen=True)
class Offer:
    """What a filter offers: `options` are ids and names, None when there are too many; `typed` is the chosen name."""

    name: str
    options: tuple[tuple[int, str], ...] | None
    chosen: int | None = None
    typed: str = ""


def offer(name: str, rows: QuerySet[Any], values: Mapping[str, str], *, label: str = "name") -> Offer:
    """One query, a second for the name of what is chosen, up to two more where a name was typed."""
    found = few_of(rows, label)
    chosen = chosen_id(name, rows, values, label=label, part=True)
    typed = rows.filter(pk=chosen).values_list(label, flat=True).first() if chosen else None
    if found is not None:
        return Offer(name, tuple(found), chosen)
    return Offer(name, None, chosen, typed or ("" if chosen is None else values.get(name, "").strip()))


def chosen_id(
    name: str, rows: QuerySet[Any], values: Mapping[str, str], *, label: str = "name", part: bool = False
) -> int | None:
    """The id that was chosen or whose name was typed; None for nothing, `NOBODY` for a name that isn't there."""
    number = _by_number(values, name)
    if number is not None or not values.get(name, "").strip():
        return number
    return by_name(rows, values[name], label, part=part) or NOBODY


def _by_number(values: Mapping[str, str], name: str) -> int | None:
    text = values.get(name, "").strip()
    return inputs.row_id(values, name) if text.isascii() and text.isdigit() else None
