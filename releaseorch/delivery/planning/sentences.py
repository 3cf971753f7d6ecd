"""How the planner names requests and lists of things in its sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from releaseorch.delivery.planning.inputs import ItemIn


def listed(words: Iterable[str], joint: str = "and") -> str:
    """Write "a", "a and b" or "a, b and c"."""
    *head, last = tuple(words) or ("",)
    return f"{', '.join(head)} {joint} {last}" if head else last


def named_requests(items: Iterable[ItemIn]) -> str:
    """Write "request #214" or "requests #214 and #217", each once, by number."""
    numbers = sorted({item.request_number for item in items})
    return f"request{'s' if len(numbers) > 1 else ''} {listed(f'#{number}' for number in numbers)}"


def capitalised(sentence: str) -> str:
    """Start a sentence with a capital without touching the rest."""
    return sentence[:1].upper() + sentence[1:]


def request_ids(items: Iterable[ItemIn]) -> tuple[int, ...]:
    """Return the ids of the items' requests, each once, sorted."""
    return tuple(sorted({item.request_id for item in items}))


def item_ids(items: Sequence[ItemIn]) -> tuple[int, ...]:
    """Return the ids of the items, sorted."""
    return tuple(sorted(item.id for item in items))
