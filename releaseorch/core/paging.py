"""Keyset pages: newest first, by descending id, at the same cost on page 1 and page 1000."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from releaseorch.core.errors import Invalid

T = TypeVar("T")
M = TypeVar("M", bound=Model)
PAGE_SIZE = 50
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Page(Generic[T]):
    """Items of one page; `older` and `newer` are the cursors of its neighbours, None at an end."""

    items: Sequence[T]
    older: str | None = None
    newer: str | None = None

    def __len__(self) -> int:
        return len(self.items)


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


def _cursor(direction: str, rows: Sequence[Model]) -> str | None:
    return f"{direction}-{rows[0].pk}" if rows else None


def _read(cursor: str | None) -> tuple[str, int | None]:
    if not cursor:
        return "older", None
    direction, _dash, number = cursor.partition("-")
    if direction not in {"older", "newer"} or not (number.isascii() and number.isdigit()) or len(number) > 19:
        raise Invalid({"cursor": _("This page address is damaged; start again from the first page.")})
    return direction, min(int(number), LARGEST_ID)
