"""How the planner names requests, phases and lists of things in its sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from releaseorch.delivery.planning.inputs import ItemIn, Phase
from releaseorch.words import gettext as _
from releaseorch.words import gettext_noop, ngettext

_PHASES: Mapping[Phase, str] = {
    "prepare": gettext_noop("prepare"),
    "stop": gettext_noop("stop"),
    "expand": gettext_noop("expand"),
    "deploy": gettext_noop("deploy"),
    "start": gettext_noop("start"),
    "verify": gettext_noop("verify"),
    "contract": gettext_noop("contract"),
}
_TITLES: Mapping[Phase, str] = {
    "prepare": gettext_noop("Prepare %(subject)s"),
    "stop": gettext_noop("Stop %(subject)s"),
    "expand": gettext_noop("Expand %(subject)s"),
    "deploy": gettext_noop("Deploy %(subject)s"),
    "start": gettext_noop("Start %(subject)s"),
    "verify": gettext_noop("Verify %(subject)s"),
    "contract": gettext_noop("Contract %(subject)s"),
}


def listed(words: Iterable[str]) -> str:
    """Write "a", "a and b" or "a, b and c"."""
    *head, last = tuple(words) or ("",)
    return _("%(first)s and %(last)s") % {"first": ", ".join(head), "last": last} if head else last


def either(words: Iterable[str]) -> str:
    """Write "a", "a or b" or "a, b or c"; an empty word is nothing at all."""
    *head, last = tuple(word or _("nothing") for word in words) or ("",)
    return _("%(first)s or %(last)s") % {"first": ", ".join(head), "last": last} if head else last


def numbers_of(items: Iterable[ItemIn]) -> str:
    """Write "#214" or "#214 and #217", each request once, by number."""
    return listed(f"#{number}" for number in sorted({item.request_number for item in items}))


def named_requests(items: Iterable[ItemIn]) -> str:
    """Write "request #214" or "requests #214 and #217", each once, by number."""
    asked = tuple(items)
    said = ngettext("request %(numbers)s", "requests %(numbers)s", len(request_ids(asked)))
    return said % {"numbers": numbers_of(asked)}


def phase_word(phase: Phase) -> str:
    """The phase as one word inside a sentence."""
    return _(_PHASES[phase])


def phase_title(phase: Phase, subject: str) -> str:
    """What a step of this phase is called when nobody gave it a title."""
    return _(_TITLES[phase]) % {"subject": subject}


def manual_title(item: ItemIn) -> str:
    """What people call a manual item."""
    return item.title or untitled()


def untitled() -> str:
    """The title of a manual item that nobody gave one."""
    return _("Manual step")


def request_ids(items: Iterable[ItemIn]) -> tuple[int, ...]:
    """Return the ids of the items' requests, each once, sorted."""
    return tuple(sorted({item.request_id for item in items}))


def item_ids(items: Sequence[ItemIn]) -> tuple[int, ...]:
    """Return the ids of the items, sorted."""
    return tuple(sorted(item.id for item in items))
