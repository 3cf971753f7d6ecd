"""Eight processes at the same moment on one policy: one name, one next version, never two versions that go on."""

import pytest

from releaseorch.accounts.roles import Role
from releaseorch.audit.models import Event
from releaseorch.policies import services
from releaseorch.policies.models import ApprovalPolicy, Subject
from releaseorch.policies.services import SlotDraft
from tests.factories import House
from tests.faults import policy_contestants as contestants
from tests.races import RACERS, Finish, Racers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
ROUNDS = 3


def winners(finishes: list[Finish]) -> list[object]:
    return [finish.value for finish in finishes if finish.value]


def made(house: House, name: str) -> ApprovalPolicy:
    slot = SlotDraft(name="Release management", role=Role.RELEASE_MANAGER)
    return services.create_policy(
        actor=house.cast.administrator, name=name, subject=Subject.REQUEST, slots=[slot]
    )


def test_a_name_in_two_spellings_is_one_policy(house: House, racers: Racers) -> None:
    for number in range(ROUNDS):
        spellings = [f"Money {number}", f"MONEY {number}"] * (RACERS // 2)
        finishes = racers.race(contestants.make, [(name, house.cast.administrator.pk) for name in spellings])
        assert len(winners(finishes)) == 1
        assert all("There is a policy" in one.refused for one in finishes if one.refused)
        assert ApprovalPolicy.objects.filter(name_key=f"money {number}").count() == 1


def test_of_eight_edits_of_one_picture_one_counts(house: House, racers: Racers) -> None:
    for number in range(ROUNDS):
        policy = made(house, f"Money {number}")
        racing = [
            (policy.pk, house.cast.administrator.pk, 1, f"Slot {racer}" if racer else "end")
            for racer in range(RACERS)
        ]
        finishes = racers.race(contestants.edit_or_end, racing)
        (won,) = winners(finishes)
        assert all(one.refused for one in finishes if not one.value)
        versions = ApprovalPolicy.objects.filter(name_key=policy.name_key).order_by("version")
        assert [one.version for one in versions] == ([1] if won == "end" else [1, 2])


def test_edits_that_saw_nothing_come_one_after_the_other(house: House, racers: Racers) -> None:
    policy = made(house, "Money")
    racing = [(policy.pk, house.cast.administrator.pk, None, f"Slot {racer}") for racer in range(RACERS)]
    finishes = racers.race(contestants.edit_or_end, racing)
    assert len(winners(finishes)) == RACERS
    versions = list(ApprovalPolicy.objects.filter(name_key="money").order_by("version"))
    assert [one.version for one in versions] == list(range(1, RACERS + 2))
    assert [one.valid_until is None for one in versions] == [False] * RACERS + [True]
    assert Event.objects.filter(verb="policy.edited").count() == RACERS
