"""A choice among rows: a select while they are few, a field for the name when they are many.

A list of ten thousand options is slow to send and useless to read. What is typed is an exact name, or a part of one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from releaseorch.web import inputs

MOST_OFFERED = 200
NOBODY = 0  # a row that no row is: what was typed fits nothing


@dataclass(frozen=True)
class Offer:
    """What a filter offers: `options` are ids and names, None when there are too many; `typed` is the chosen name."""

    name: str
    options: tuple[tuple[int, str], ...] | None
    chosen: int | None = None
    typed: str = ""


def offer(name: str, rows: QuerySet[Any], values: Mapping[str, str], *, label: str = "name") -> Offer:
    """One query, a second where a name must be shown or understood."""
    found = list(rows.values_list("pk", label)[: MOST_OFFERED + 1])
    if len(found) <= MOST_OFFERED:
        chosen = _by_number(values, name)
        if chosen is None and values.get(name, "").strip():
            chosen = _by_name(rows, values[name], label)
        return Offer(name, tuple(found), chosen)
    chosen = chosen_id(name, rows, values, label=label)
    typed = rows.filter(pk=chosen).values_list(label, flat=True).first() if chosen else None
    return Offer(name, None, chosen, typed or ("" if chosen is None else values.get(name, "").strip()))


def chosen_id(
    name: str, rows: QuerySet[Any], values: Mapping[str, str], *, label: str = "name"
) -> int | None:
    """The id that was chosen or whose name was typed; None for nothing, `NOBODY` for a name that isn't there."""
    number = _by_number(values, name)
    if number is not None or not values.get(name, "").strip():
        return number
    return _by_name(rows, values[name], label)


def _by_number(values: Mapping[str, str], name: str) -> int | None:
    text = values.get(name, "").strip()
    return inputs.row_id(values, name) if text.isascii() and text.isdigit() else None


def _by_name(rows: QuerySet[Any], typed: str, label: str) -> int:
    wanted = typed.strip()[:200]
    exact = rows.filter(**{f"{label}__iexact": wanted}).values_list("pk", flat=True).first()
    if exact is not None:
        return int(exact)
    part = rows.filter(**{f"{label}__icontains": wanted}).values_list("pk", flat=True).first()
    return int(part) if part is not None else NOBODY
