"""Who can still fill the approval slots of a request or a run, by name, so that nobody has to guess whom to ask."""

from collections.abc import Sequence
from functools import partial

from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.delivery.approvals import SlotView
from releaseorch.policies import people

MOST_NAMED = 8


def signers_of(slots: Sequence[SlotView]) -> dict[str, list[Person]]:
    """Slot name → the people who may fill it now, by name; full slots have none. Three queries at most."""
    missing = [slot for slot in slots if slot.missing]
    asked = [
        people.Asked(slot.spec, partial(policy.reaches, scope=slot.scope), slot.barred) for slot in missing
    ]
    found = people.who_could(asked)
    return {slot.name: ones for slot, ones in zip(missing, found, strict=True)}


def sentences_of(slots: Sequence[SlotView]) -> list[str]:
    """Who can give each approval that is missing."""
    found = signers_of(slots)
    return [_sentence(slot, found[slot.name]) for slot in slots if slot.missing]


def too_few_for(slots: Sequence[SlotView]) -> list[SlotView]:
    """The slots that can't be filled by the people there are."""
    found = signers_of(slots)
    return [slot for slot in slots if len(found.get(slot.name, [])) < slot.missing]


def _sentence(slot: SlotView, able: Sequence[Person]) -> str:
    if not able:
        return _("Nobody can approve as %(slot)s now.") % {"slot": slot.name}
    names = ", ".join(person.name for person in able[:MOST_NAMED])
    if len(able) > MOST_NAMED:
        names = _("%(names)s and %(n)d more") % {"names": names, "n": len(able) - MOST_NAMED}
    return _("%(names)s can approve as %(slot)s.") % {"names": names, "slot": slot.name}
