"""Eight processes at the same moment on people: an administrator is left, and work is handed over once."""

import pytest

from releaseorch.accounts import one_time, services
from releaseorch.accounts.administrators import administrators
from releaseorch.accounts.models import Identity, Person, RecoveryCode, SecondFactor
from releaseorch.accounts.roles import Role
from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.delivery.states import RequestState
from tests.characters import grant, person
from tests.factories import House
from tests.faults import people_contestants as contestants
from tests.histories import request_in_state
from tests.races import RACERS, Racers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_administrators_who_revoke_each_other_leave_somebody(house: House, racers: Racers) -> None:
    people = [person(f"admin-{number}", f"Admin {number}") for number in range(RACERS)]
    grants = [grant(one, Role.ADMINISTRATOR) for one in people]
    house.cast.administrator.grants.all().delete()
    racing = [(grants[(number + 1) % RACERS].pk, one.pk) for number, one in enumerate(people)]
    finishes = racers.race(contestants.revoke, racing)
    # Who lost the role before the own turn is refused for that, else whoever would take the last one.
    left = len(administrators())
    assert left >= 1
    assert sum(bool(finish.refused) for finish in finishes) == left
    assert Event.objects.filter(verb="role.revoked").count() == RACERS - left


def test_open_work_is_handed_over_once(house: House, racers: Racers) -> None:
    cast, request = house.cast, request_in_state(house, RequestState.SUBMITTED)
    heirs = [cast.teammate, cast.release_manager] * (RACERS // 2)
    racing = [(cast.developer.pk, cast.administrator.pk, heir.pk) for heir in heirs]
    finishes = racers.race(contestants.deactivate, racing)
    (winner,) = [finish.value for finish in finishes if finish.value]
    request.refresh_from_db()
    assert request.requester_id == winner
    for verb in ("person.deactivated", "request.handed_over"):
        assert Event.objects.filter(verb=verb).count() == 1


def test_a_code_counts_once_and_a_first_log_in_links_once(house: House, racers: Racers) -> None:
    dana = house.cast.developer
    Person.objects.filter(pk=dana.pk).update(email="dana@northfold.example")
    factor = services.begin_second_factor(actor=dana)
    SecondFactor.objects.update(confirmed_at=clock.now())
    codes = one_time.new_recovery_codes()
    RecoveryCode.objects.create(factor=factor, hash=one_time.hash_of(codes[0]))
    finishes = racers.race(contestants.come_in, [(dana.pk, codes[0])] * RACERS)
    assert [finish.value for finish in finishes if finish.value] == [True]
    assert sum(bool(finish.refused) for finish in finishes) == RACERS - 1
    assert Identity.objects.count() == 1
    for verb in ("person.linked", "second_factor.recovery_code_used"):
        assert Event.objects.filter(verb=verb).count() == 1
