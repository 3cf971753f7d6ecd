"""Rows that somebody chooses among: all of them while they are few, by name where they are many.

A list of ten thousand options is slow to send and useless to read. What is typed is a name.
"""

from typing import Any

from django.db.models import QuerySet

MOST_OFFERED = 200
LONGEST_NAME = 200


def few_of(rows: QuerySet[Any], label: str = "name") -> list[tuple[int, str]] | None:
    """Ids and names, None when there are too many to offer; one query."""
    found = list(rows.values_list("pk", label)[: MOST_OFFERED + 1])
    return found if len(found) <= MOST_OFFERED else None


def by_name(rows: QuerySet[Any], typed: str, label: str = "name", *, part: bool = False) -> int | None:
    """The id of the row of that name; with `part`, else of the first whose name holds it. One or two queries.

    A filter may guess, a form that writes must not.
    """
    wanted = typed.strip()[:LONGEST_NAME]
    for lookup in ("iexact", "icontains") if part else ("iexact",):
        found = rows.filter(**{f"{label}__{lookup}": wanted}).values_list("pk", flat=True).first()
        if found is not None:
            return int(found)
    return None
