"""Keyset pages: newest first by descending id, or by name; at the same cost on page 1 and page 1000."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from releaseorch.core.errors import Invalid

T = TypeVar("T")
U = TypeVar("U")
M = TypeVar("M", bound=Model)
PAGE_SIZE = 50
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Page(Generic[T]):
    """Items of one page; `older` and `newer` are the cursors of its neighbours, None at an end."""

    items: Sequence[T]
    older: str | None = None
    newer: str | None = None
    is_by_name: bool = False  # then "older" are those further on in the alphabet

    def __len__(self) -> int:
        return len(self.items)

    def of(self, items: Sequence[U]) -> "Page[U]":
        """The same place in the list, with other items."""
        return Page(items, self.older, self.newer, self.is_by_name)


def with_ids(queryset: QuerySet[M], **ids: int | None) -> QuerySet[M]:
    """The queryset narrowed to these relations; None narrows nothing, a number that no row can have finds nothing."""
    wanted = {name: number for name, number in ids.items() if number is not None}
    if any(not 0 < number <= LARGEST_ID for number in wanted.values()):
        return queryset.none()
    return queryset.filter(**wanted) if wanted else queryset


def page_of(queryset: QuerySet[M], cursor: str | None = None, size: int = PAGE_SIZE) -> Page[M]:
    """One page of the queryset by descending id; one query.

    `cursor` is "older-214" (below id 214) or "newer-214" (above it); another text raises `Invalid`.
    """
    direction, edge = _read(cursor)
    if direction == "newer":
        rows = list(queryset.filter(pk__gt=edge).order_by("pk")[: size + 1])
        more = len(rows) > size
        rows = rows[:size][::-1]
        return Page(rows, _cursor("older", rows[-1:]), _cursor("newer", rows[:1]) if more else None)
    chosen = queryset if edge is None else queryset.filter(pk__lt=edge)
    rows = list(chosen.order_by("-pk")[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    return Page(
        rows,
        _cursor("older", rows[-1:]) if more else None,
        _cursor("newer", rows[:1]) if edge is not None else None,
    )


def page_by_name(
    queryset: QuerySet[M],
    cursor: str | None = None,
    size: int = PAGE_SIZE,
    *,
    names: Sequence[str] = ("name",),
) -> Page[M]:
    """One page of the queryset by these names, then by id; one query, two with a cursor.

    "older-214" goes on behind row 214, "newer-214" is what comes before it. A row that is gone begins again.
    """
    direction, number = _read(cursor)
    keys = [*names, "pk"]
    edge = queryset.model._default_manager.filter(pk=number).values_list(*keys).first() if number else None
    back = direction == "newer" and edge is not None
    ordered = queryset.order_by(*(f"-{key}" if back else key for key in keys))
    chosen = ordered.filter(_beyond(keys, edge, "lt" if back else "gt")) if edge is not None else ordered
    rows = list(chosen[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
        return Page(rows, _cursor("older", rows[-1:]), _cursor("newer", rows[:1]) if more else None, True)
    return Page(
        rows,
        _cursor("older", rows[-1:]) if more else None,
        _cursor("newer", rows[:1]) if edge is not None else None,
        True,
    )


def _beyond(keys: Sequence[str], edge: Sequence[object], side: str) -> Q:
    """Rows on that side of the edge: the first key decides, where it is equal the next one."""
    first, *rest = keys
    found = Q(**{f"{first}__{side}": edge[0]})
    return found | Q(**{first: edge[0]}) & _beyond(rest, edge[1:], side) if rest else found


def _cursor(direction: str, rows: Sequence[Model]) -> str | None:
    return f"{direction}-{rows[0].pk}" if rows else None


def _read(cursor: str | None) -> tuple[str, int | None]:
    if not cursor:
        return "older", None
    direction, _dash, number = cursor.partition("-")
    if direction not in {"older", "newer"} or not (number.isascii() and number.isdigit()) or len(number) > 19:
        raise Invalid({"cursor": _("This page address is damaged; start again from the first page.")})
    return direction, min(int(number), LARGEST_ID)
