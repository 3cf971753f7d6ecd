"""A policy changes from a moment on: until then the old version counts, and no version is ever lost."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from releaseorch.accounts.roles import Role
from releaseorch.audit.models import Event
from releaseorch.core import clock
from releaseorch.core.errors import Conflict, Invalid
from releaseorch.delivery.services import approve_request
from releaseorch.delivery.states import RequestState as R
from releaseorch.policies import queries, services, slots
from releaseorch.policies.models import ApprovalPolicy, Subject
from releaseorch.policies.services import SlotDraft
from tests.factories import House
from tests.histories import request_in_state

pytestmark = pytest.mark.django_db
QA = SlotDraft(name="QA", role=Role.QA_LEAD)
ONE = SlotDraft(name="Release management", role=Role.RELEASE_MANAGER)
TWO = SlotDraft(name="Two managers", role=Role.RELEASE_MANAGER, quorum=2)
WHY = "The auditors ask for it."
WEEK = timedelta(days=7)


def made(house: House, *drafts: SlotDraft, **values: object) -> ApprovalPolicy:
    return services.create_policy(
        actor=house.cast.administrator, name="Money", subject=Subject.REQUEST, environment=house.production,
        slots=drafts or [QA], **values,  # type: ignore[arg-type]
    )  # fmt: skip


def edited(house: House, policy: ApprovalPolicy, *drafts: SlotDraft, **values: object) -> ApprovalPolicy:
    return services.edit_policy(
        actor=house.cast.administrator, policy=policy, slots=drafts or [TWO], reason=WHY,
        **values,  # type: ignore[arg-type]
    )  # fmt: skip


def asked(house: House) -> list[str]:
    return [spec.name for spec in slots.slots_for("request", house.production.pk, [house.claims.pk])]


def test_an_edit_makes_the_next_version_and_the_old_one_ends_at_that_moment(house: House) -> None:
    first = made(house)
    second = edited(house, first, seen=1)
    first.refresh_from_db()
    assert (first.version, second.version) == (1, 2)
    assert first.valid_until == second.valid_from and second.valid_until is None
    assert asked(house) == ["Two managers"]
    assert [slot.name for slot in first.slots.all()] == ["QA"]
    told = Event.objects.filter(verb="policy.edited").latest("id")
    assert told.before["slots"] == ["QA: 1 × QA lead"] and told.reason == WHY
    assert told.after["slots"] == ["Two managers: 2 × Release manager"]


def test_a_later_day_changes_nothing_until_then(house: House) -> None:
    first, then = made(house), clock.now() + WEEK
    edited(house, first, valid_from=then)
    assert asked(house) == ["QA"]
    with clock.at(then - timedelta(seconds=1)):
        assert asked(house) == ["QA"]
    with clock.at(then):
        assert asked(house) == ["Two managers"]


def test_of_two_changes_ahead_the_newer_counts_and_the_other_never_does(house: House) -> None:
    first, then = made(house), clock.now() + WEEK
    never = edited(house, first, valid_from=then)
    edited(house, never, ONE, valid_from=then - timedelta(days=1))
    never.refresh_from_db()
    assert never.is_over and never.valid_until == never.valid_from
    for days, names in ((0, ["QA"]), (6, ["Release management"]), (8, ["Release management"])):
        with clock.at(clock.now() + timedelta(days=days, minutes=1)):
            assert asked(house) == names


def test_it_ends_now_or_on_a_later_day(house: House) -> None:
    policy, then = made(house), clock.now() + WEEK
    services.retire_policy(actor=house.cast.administrator, policy=policy, reason=WHY, valid_until=then)
    assert asked(house) == ["QA"]
    with clock.at(then):
        assert asked(house) == ["Release management"]  # what counts where no policy says anything
        with pytest.raises(Conflict, match="has ended"):
            edited(house, policy)


def test_the_name_of_one_that_has_ended_goes_on_as_its_next_version(house: House) -> None:
    policy = made(house)
    with pytest.raises(Invalid, match="There is a policy Money already"):
        services.create_policy(
            actor=house.cast.administrator, name="ＭＯＮＥＹ", subject=Subject.RUN, slots=[QA]
        )
    services.retire_policy(actor=house.cast.administrator, policy=policy, reason=WHY)
    again = made(house, ONE)
    assert again.version == 2 and asked(house) == ["Release management"]
    detail = queries.policy_detail(policy.pk)
    assert detail is not None and [one.version for one in detail.versions] == [2, 1] and detail.goes_on


def test_who_saw_an_older_version_is_told(house: House) -> None:
    first = made(house)
    edited(house, first)
    with pytest.raises(Conflict, match="There is version 2 of Money meanwhile"):
        edited(house, first, ONE, seen=1)
    assert ApprovalPolicy.objects.count() == 2


def test_the_same_slots_make_no_version(house: House) -> None:
    first = made(house)
    assert edited(house, first, QA) == first
    assert ApprovalPolicy.objects.count() == 1 and not Event.objects.filter(verb="policy.edited").exists()


def test_what_is_over_cannot_be_changed_from_then_on(house: House) -> None:
    with pytest.raises(Invalid, match="This is over"):
        made(house, valid_from=clock.now() - timedelta(hours=1))
    assert not ApprovalPolicy.objects.exists()


def test_the_database_keeps_one_version_that_goes_on(house: House) -> None:
    made(house)
    with pytest.raises(IntegrityError), transaction.atomic():
        ApprovalPolicy.objects.create(name="Money", version=2, subject=Subject.REQUEST)


def test_a_request_in_approval_needs_the_slots_of_the_present_version(house: House) -> None:
    policy = made(house, ONE)
    request = request_in_state(house, R.SUBMITTED, environment=house.production)
    edited(house, policy)
    approve_request(actor=house.cast.release_manager, request=request)
    request.refresh_from_db()
    assert request.state == R.SUBMITTED
    approve_request(actor=house.cast.second_manager, request=request)
    request.refresh_from_db()
    assert request.state == R.APPROVED
