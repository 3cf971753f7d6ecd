"""The verbs of what keeps runs from starting: reservations and freezes."""

from datetime import datetime, timedelta
from typing import Any

from releaseorch.core import clock
from releaseorch.environments import services
from releaseorch.environments.models import Environment, Freeze, Reservation
from tests.doors.request_verbs import WHY
from tests.doors.verbs import Call, Verb, typed
from tests.factories import House


def after(hours: int) -> datetime:
    """To the minute, as forms say it."""
    return (clock.now() + timedelta(hours=hours)).replace(second=0, microsecond=0)


def environment(house: House) -> Environment:
    return house.acceptance


def reservation(house: House) -> Reservation:
    return services.create_reservation(
        actor=house.cast.qa, environment=house.acceptance, expires_at=after(2), reason=WHY
    )


def freeze(house: House) -> Freeze:
    return services.create_freeze(
        actor=house.cast.release_manager, environment=house.acceptance, reason=WHY, **span(1, 2)
    )


def span(starts: int, ends: int) -> dict[str, datetime]:
    return {"starts_at": after(starts), "ends_at": after(ends)}


def spoken(times: dict[str, datetime], **more: Any) -> dict[str, Any]:
    return {**{name: at.isoformat() for name, at in times.items()}, "reason": WHY, **more}


def create_reservation(call: Call) -> Reservation:
    return services.create_reservation(
        actor=call.person, environment=call.subject, expires_at=after(2), reason=WHY
    )


def create_freeze(call: Call) -> Freeze:
    return services.create_freeze(actor=call.person, environment=call.subject, reason=WHY, **span(1, 2))


HOLD_VERBS = [
    Verb(
        "reservation.create", "reservation.created", "qa", environment, create_reservation,
        page=lambda call: spoken({"expires_at": after(2)}, environment=call.subject.pk),
        page_path="/reservations/create",
        api=lambda _call: spoken({"expires_at": after(2)}, environment="acceptance"), api_path="reservations",
        found=lambda _environment: Reservation.objects.get(),
    ),
    Verb(
        "reservation.extend", "reservation.extended", "qa", reservation,
        lambda call: services.extend_reservation(**call.asked, expires_at=after(5)),
        page=lambda _call: {"expires_at": after(5).isoformat()},
        api=lambda _call: {"expires_at": after(5).isoformat()},
    ),
    Verb(
        "reservation.release", "reservation.released", "qa", reservation,
        lambda call: services.release_reservation(**call.asked),
    ),
    Verb(
        "freeze.create", "freeze.created", "release_manager", environment, create_freeze, again=True,
        page=lambda call: spoken(span(1, 2), environment=call.subject.pk), page_path="/freezes/create",
        api=lambda _call: spoken(span(1, 2), environment="acceptance"), api_path="freezes",
        found=lambda _environment: Freeze.objects.get(),
    ),
    Verb(
        "freeze.edit", "freeze.edited", "release_manager", freeze,
        lambda call: services.edit_freeze(**call.asked, reason=WHY, **span(2, 9)),
        page=lambda _call: spoken(span(2, 9)), api=lambda _call: spoken(span(2, 9)),
        api_path="freezes/{pk}", api_method="patch",
    ),
    Verb(
        "freeze.lift", "freeze.lifted", "release_manager", freeze,
        lambda call: services.lift_freeze(**call.asked, reason=WHY),
        page=typed(reason=WHY), api=typed(reason=WHY),
    ),
]  # fmt: skip
