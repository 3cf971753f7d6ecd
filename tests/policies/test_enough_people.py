"""A policy that nobody could satisfy is refused when it is saved, with the sentence who is missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releaseorch.accounts.models import Person, RoleGrant
from releaseorch.accounts.roles import Role, ScopeKind
from releaseorch.accounts.services import deactivate_person
from releaseorch.core.errors import Invalid
from releaseorch.policies import services
from releaseorch.policies.models import ApprovalPolicy, Subject
from releaseorch.policies.people import first_unfilled
from releaseorch.policies.services import SlotDraft
from tests.characters import grant
from tests.factories import House

QA = SlotDraft(name="QA", role=Role.QA_LEAD)


def make(house: House, *drafts: SlotDraft, name: str = "Money", **where: object) -> ApprovalPolicy:
    return services.create_policy(
        actor=house.cast.administrator, name=name, subject=Subject.REQUEST, slots=drafts,
        **where,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.django_db
def test_nobody_has_the_role(house: House) -> None:
    with pytest.raises(
        Invalid, match="Nobody could ever approve as Security: no active person is Security there"
    ):
        make(house, SlotDraft(name="Security", role=Role.SECURITY))
    assert not ApprovalPolicy.objects.exists()


@pytest.mark.django_db
def test_robots_and_leavers_do_not_count(house: House) -> None:
    three = SlotDraft(name="Three", role=Role.RELEASE_MANAGER, quorum=3)  # Rita, Sven, and a pipeline
    with pytest.raises(Invalid, match="there are only Rita Moreau, Sven Dahl"):
        make(house, three)
    deactivate_person(actor=house.cast.administrator, person=house.cast.qa, reason="She left.")
    with pytest.raises(Invalid, match="Nobody could ever approve as QA"):
        make(house, QA)


@pytest.mark.django_db
def test_one_person_with_two_roles_does_not_fill_two_slots(house: House) -> None:
    grant(house.cast.qa, Role.SECURITY)
    security = SlotDraft(name="Security", role=Role.SECURITY)
    with pytest.raises(Invalid, match="one person never fills two slots: there are only Quinn Abara"):
        make(house, QA, security)
    grant(house.cast.outsider, Role.QA_LEAD)
    assert make(house, QA, security).slots.count() == 2


@pytest.mark.django_db
def test_what_other_policies_ask_for_there_is_counted_too(house: House) -> None:
    grant(house.cast.qa, Role.SECURITY)
    security = SlotDraft(name="Security", role=Role.SECURITY)
    make(house, QA, environment=house.production)
    make(house, security, name="Elsewhere", environment=house.acceptance)
    with pytest.raises(Invalid, match="one person never fills two slots"):
        make(house, security, name="Here", environment=house.production)


@pytest.mark.django_db
def test_a_role_for_another_place_does_not_help(house: House) -> None:
    RoleGrant.objects.create(
        person=house.cast.outsider, role=Role.SECURITY, scope_kind=ScopeKind.ENVIRONMENT,
        scope_id=house.acceptance.pk, scope_name="Acceptance",
    )  # fmt: skip
    security = SlotDraft(name="Security", role=Role.SECURITY)
    with pytest.raises(Invalid, match="Nobody could ever approve as Security"):
        make(house, security, environment=house.production)
    assert make(house, security, environment=house.acceptance)
    assert make(house, security, name="Everywhere")  # in one environment at least it can be satisfied


@pytest.mark.django_db
def test_a_team_without_people(house: House) -> None:
    house.cast.billing.memberships.all().delete()
    with pytest.raises(Invalid, match="Nobody could ever approve as Billing agrees"):
        make(house, SlotDraft(name="Billing agrees", team=house.cast.billing))


@given(
    able=st.lists(st.sets(st.integers(1, 5)), min_size=1, max_size=4),
    quorums=st.lists(st.integers(1, 2), min_size=4, max_size=4),
)
def test_enough_people_is_what_trying_every_way_finds(able: list[set[int]], quorums: list[int]) -> None:
    wanted = quorums[: len(able)]
    people = [[Person(pk=pk) for pk in sorted(ones)] for ones in able]
    assert (first_unfilled(people, wanted) is None) == _can([*zip(able, wanted, strict=True)], frozenset())


def _can(slots: list[tuple[set[int], int]], taken: frozenset[int]) -> bool:
    if not slots:
        return True
    (able, missing), *rest = slots
    if missing == 0:
        return _can(rest, taken)
    return any(_can([(able, missing - 1), *rest], taken | {one}) for one in able - taken)
