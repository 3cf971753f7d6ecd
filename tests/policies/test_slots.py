"""Which approvals are needed: the union of all matching policies, the highest quorum of equal slots."""

import pytest

from releaseorch.accounts.roles import Role
from releaseorch.core.errors import Invalid, NotAllowed
from releaseorch.policies import services, slots
from releaseorch.policies.models import ApprovalPolicy, Subject
from releaseorch.policies.services import SlotDraft
from tests.characters import grant
from tests.factories import House

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def everybody_is_there(house: House) -> None:
    """A policy that nobody can satisfy isn't made."""
    for who, role in ((house.cast.outsider, Role.SECURITY), (house.cast.qa, Role.BUSINESS_OWNER)):
        grant(who, role)


def make(house: House, name: str, *drafts: SlotDraft, **where: object) -> ApprovalPolicy:
    grant(house.cast.outsider, Role.ADMINISTRATOR)
    return services.create_policy(
        actor=house.cast.outsider, name=name, subject=where.pop("subject", Subject.REQUEST),  # type: ignore[arg-type]
        slots=drafts, **where,  # type: ignore[arg-type]
    )  # fmt: skip


def asked(house: House, subject: str = "request") -> list[tuple[str, str, int]]:
    specs = slots.slots_for(subject, house.production.pk, [house.claims.pk])
    return [(spec.name, spec.who, spec.quorum) for spec in specs]


def test_without_a_policy_one_release_manager_is_asked(house: House) -> None:
    assert asked(house) == [("Release management", "Release manager", 1)]


def test_all_policies_that_match_are_merged(house: House) -> None:
    security = SlotDraft(name="Security", role=Role.SECURITY)
    team = SlotDraft(name="Billing agrees", team=house.cast.billing)
    make(house, "a everywhere", SlotDraft(name="Release management", role=Role.RELEASE_MANAGER))
    make(house, "b production", SlotDraft(name="Two managers", role=Role.RELEASE_MANAGER, quorum=2), security,
         environment=house.production)  # fmt: skip
    make(house, "c claims", team, application=house.claims)
    make(house, "d elsewhere", SlotDraft(name="QA", role=Role.QA_LEAD), environment=house.acceptance)
    make(house, "e billing", SlotDraft(name="Owner", role=Role.BUSINESS_OWNER), application=house.billing)
    make(house, "f runs", SlotDraft(name="Ops", role=Role.OPERATOR), subject=Subject.RUN)
    assert asked(house) == [
        ("Release management", "Release manager", 2),
        ("Security", "Security", 1),
        ("Billing agrees", "Billing", 1),
    ]
    assert asked(house, "run") == [("Ops", "Operator", 1)]


def test_slots_of_one_name_and_different_roles_are_told_apart(house: House) -> None:
    make(house, "a", SlotDraft(name="Consent", role=Role.SECURITY))
    make(house, "b", SlotDraft(name="Consent", role=Role.QA_LEAD))
    assert [name for name, _who, _quorum in asked(house)] == ["Consent (Security)", "Consent (QA lead)"]


@pytest.mark.parametrize(
    ("drafts", "sentence"),
    [
        ([], "one slot at least"),
        ([SlotDraft(name="A")], "either a role or a team"),
        ([SlotDraft(name="A", role=Role.SECURITY, quorum=0)], "one person at least"),
        ([SlotDraft(name="A", role=Role.SECURITY), SlotDraft(name="A", role=Role.QA_LEAD)], "the same name"),
    ],
)
def test_a_policy_that_asks_nobody_is_refused(house: House, drafts: list[SlotDraft], sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        make(house, "odd", *drafts)
    assert not ApprovalPolicy.objects.exists()


def test_a_policy_is_made_by_an_administrator_once(house: House) -> None:
    slot = SlotDraft(name="Security", role=Role.SECURITY)
    with pytest.raises(NotAllowed):
        services.create_policy(
            actor=house.cast.release_manager, name="mine", subject=Subject.REQUEST, slots=[slot]
        )
    make(house, "Production", slot)
    with pytest.raises(Invalid, match="There is a policy Production already"):
        make(house, "Production", slot)
