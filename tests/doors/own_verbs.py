"""The verbs on what is one's own, which nobody else may or sees: no right is granted for them."""

from typing import Any

from releaseorch.accounts.models import Person
from releaseorch.notifications import inbox, services
from releaseorch.notifications.inbox import News
from releaseorch.notifications.kinds import Kind
from releaseorch.notifications.models import InboxEntry, SwitchedOff
from tests.doors.verbs import Call, Verb, typed
from tests.factories import House

LEFT_ON = [("run_ended", "mail"), ("decision", "mail")]


def entry(house: House) -> InboxEntry:
    news = News(
        Kind.RUN_STARTED, [house.cast.operator.pk], "It runs.", "Yours.", "/runs/1", ("run", 1), "run:1"
    )
    inbox.write([news], once="now")
    return InboxEntry.objects.get()


def operator(house: House) -> Person:
    return house.cast.operator


def newest_off(person: Any) -> SwitchedOff:
    return SwitchedOff.objects.filter(person=person).order_by("kind", "channel")[0]


def until(call: Call) -> dict[str, int]:
    return {"until": call.subject.pk}


OWN_VERBS = [
    Verb(
        "entry.read", "", "operator", entry, again=True, page_path="/inbox/{pk}/read", api_path="inbox/{pk}/read",
        service=lambda call: services.read_entry(actor=call.person, entry=call.subject),
    ),
    Verb(
        "entry.read_all", "", "operator", entry, again=True, page_path="/inbox/read-all", api_path="inbox/read-all",
        service=lambda call: services.read_all(actor=call.person, **until(call)), page=until, api=until,
    ),
    Verb(
        "person.set_switches", "person.switches_set", "operator", operator, again=True,
        service=lambda call: services.set_switches(actor=call.person, on=LEFT_ON), found=newest_off,
        page=typed(on=[":".join(one) for one in LEFT_ON]), page_path="/me/notifications/set",
        api=typed(on=[{"kind": kind, "channel": channel} for kind, channel in LEFT_ON]),
        api_path="inbox/set-switches",
    ),
]  # fmt: skip
