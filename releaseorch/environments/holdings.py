"""What environments know of people who leave: what they keep for a while."""

from collections.abc import Iterable

from releaseorch.accounts import holdings
from releaseorch.accounts.holdings import Holding
from releaseorch.accounts.models import Person, Team
from releaseorch.audit import events
from releaseorch.core import clock
from releaseorch.environments.ahead import kept_sentence
from releaseorch.environments.models import Reservation

TOPICS = ("requests", "runs", "inventory", "work")


class Reservations:
    """Those that aren't over; who has it may give it back or keep it longer."""

    to_teams = False

    def held_by(self, person: Person) -> Iterable[Holding]:
        kept = Reservation.objects.filter(owner=person, released_at=None, expires_at__gt=clock.now())
        for one in kept.select_related("owner", "application", "environment").order_by("pk"):
            yield Holding("reservation", "reservation", one.pk, kept_sentence(one))

    def hand_over(
        self, *, actor: Person, holding: Holding, leaver: Person, to: Person | Team, reason: str
    ) -> None:
        assert isinstance(to, Person)
        reservation = Reservation.objects.select_related("application", "environment").get(pk=holding.id)
        reservation.owner = to
        reservation.save(update_fields=["owner"])
        events.record(
            actor=actor, verb="reservation.handed_over", subject=reservation, reason=reason,
            before={"owner": leaver.name}, after={"owner": to.name}, topics=TOPICS,
        )  # fmt: skip


def register() -> None:
    holdings.register("reservation", Reservations())
