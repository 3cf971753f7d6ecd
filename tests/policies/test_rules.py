"""Rules of policies: what may be demanded, kept in versions like slots."""

import pytest

from releaseorch.accounts.roles import Role
from releaseorch.audit.models import Event
from releaseorch.core.errors import Invalid
from releaseorch.policies import services, words
from releaseorch.policies.models import ApprovalPolicy, Rule, Stage, Subject
from releaseorch.policies.services import RuleDraft, SlotDraft
from tests.factories import House

pytestmark = pytest.mark.django_db
RAN = RuleDraft(rule=Rule.RAN_BEFORE, blocks_from=Stage.SUBMIT)
SOAK = RuleDraft(rule=Rule.SOAKED, blocks_from=Stage.START, hours=24)
QA = SlotDraft(name="QA", role=Role.QA_LEAD)


def make(
    house: House, *rules: RuleDraft, subject: Subject = Subject.REQUEST, **given: object
) -> ApprovalPolicy:
    return services.create_policy(
        actor=house.cast.administrator, name="Production", subject=subject, environment=house.production,
        rules=rules, **given,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_policy_may_demand_rules_and_ask_for_nobody(house: House) -> None:
    policy = make(house, SOAK, RAN)
    assert services.rules_of(policy) == [RAN, SOAK]
    assert words.sentences_of(policy) == [
        "Each version ran in the environment before; it blocks from submitting on.",
        "Each version has been in the environment before for 24 hours; it blocks when its run starts.",
    ]
    told = [said.sentence for said in words.asked_in(house.production)]
    assert told[2] == "A request is approved by 1 × Release manager."  # as where no policy asks for anybody
    event = Event.objects.get(verb="policy.created")
    assert event.after["rules"] == ["ran_before: submit", "soaked: start, 24 h"]


def test_an_edit_of_the_slots_leaves_the_rules_and_the_other_way_round(house: House) -> None:
    first = make(house, RAN)
    admin = house.cast.administrator
    second = services.edit_policy(actor=admin, policy=first, slots=[QA], reason="QA looks at it too.")
    assert (services.rules_of(second), services.drafts_of(second)) == ([RAN], [QA])
    third = services.edit_policy(actor=admin, policy=second, rules=[SOAK], reason="It has to soak.")
    assert (services.rules_of(third), services.drafts_of(third)) == ([SOAK], [QA])
    assert services.edit_policy(actor=admin, policy=third, rules=[SOAK], reason="The same.") == third
    assert services.rules_of(first) == [RAN]  # a version never changes


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([], "one slot at least, or demands a rule"),
        ([RAN, RAN], "named twice"),
        ([RuleDraft(rule=Rule.SOAKED, blocks_from=Stage.START)], "Say for how many hours"),
        ([RuleDraft(rule=Rule.SOAKED, blocks_from=Stage.START, hours=2161)], "2160 at most"),
        ([RuleDraft(rule=Rule.DIGESTS, blocks_from=Stage.START, hours=3)], "Say for how many hours"),
    ],
)
def test_what_makes_no_sense_is_refused(house: House, rules: list[RuleDraft], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        make(house, *rules)
    assert not ApprovalPolicy.objects.exists()


def test_runs_keep_the_rules_of_their_requests_and_have_none(house: House) -> None:
    with pytest.raises(Invalid, match="Rules are demanded of requests"):
        make(house, RAN, subject=Subject.RUN, slots=[SlotDraft(name="RM", role=Role.RELEASE_MANAGER)])
