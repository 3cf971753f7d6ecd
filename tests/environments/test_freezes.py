"""When nothing may start: who may say so, what it stops, who is told ahead."""

from datetime import datetime, timedelta

import pytest

from releaseorch.accounts.roles import Role
from releaseorch.audit.models import Event
from releaseorch.catalog.models import Application
from releaseorch.core import clock
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.delivery import plan_queries, windows
from releaseorch.delivery.drafts import ItemDraft, RequestDraft
from releaseorch.delivery.request_form import checks_of_draft
from releaseorch.delivery.verdicts import PASSED, WARN
from releaseorch.environments import services
from releaseorch.environments.models import Freeze
from releaseorch.runs import services as runs
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RunState
from releaseorch.waiting import ledger
from releaseorch.waiting.models import Blocker
from tests.characters import grant
from tests.factories import House
from tests.histories import run_in_state

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def freeze(house: House, **values: object) -> Freeze:
    now = clock.now()
    given = {
        "actor": house.cast.release_manager, "environment": house.production, "reason": "Year-end closing.",
        "starts_at": now - HOUR, "ends_at": now + 5 * HOUR, **values,
    }  # fmt: skip
    return services.create_freeze(**given)  # type: ignore[arg-type]


def start(house: House, run: DeploymentRun, at: datetime | None = None) -> DeploymentRun:
    with clock.at(at or clock.now()):
        return runs.start_run(actor=house.cast.operator, run=DeploymentRun.objects.get(pk=run.pk))


@pytest.mark.parametrize("what", ["everything", "environment", "application", "both"])
def test_no_run_starts_inside_and_the_refusal_says_who_until_when_and_why(house: House, what: str) -> None:
    run = run_in_state(house, RunState.APPROVED)
    where = {
        "everything": {"environment": None},
        "environment": {},
        "application": {"environment": None, "application": house.claims},
        "both": {"application": house.claims},
    }[what]
    frozen = freeze(house, **where)
    with pytest.raises(
        NotAllowed, match=r"No run starts until .*: Rita Moreau has frozen .*Year-end closing\.$"
    ):
        start(house, run)
    assert start(house, run, at=frozen.ends_at).state == RunState.RUNNING


@pytest.mark.parametrize("what", ["environment", "application", "to come", "over", "lifted"])
def test_what_does_not_concern_the_run_or_the_moment_lets_it_start(house: House, what: str) -> None:
    run, now = run_in_state(house, RunState.APPROVED), clock.now()
    where = {
        "environment": {"environment": house.acceptance},
        "application": {"application": house.billing},
        "to come": {"starts_at": now + HOUR},
    }.get(what, {})
    if what == "over":
        with clock.at(now - 3 * HOUR):
            freeze(house, ends_at=now - HOUR)
    else:
        made = freeze(house, **where)
        if what == "lifted":
            services.lift_freeze(actor=house.cast.second_manager, freeze=made, reason="Closed early.")
    assert start(house, run).state == RunState.RUNNING


def test_a_run_under_way_goes_on_and_a_scheduled_one_says_what_it_waits_for(house: House) -> None:
    under_way = run_in_state(house, RunState.RUNNING)
    scheduled = run_in_state(house, RunState.SCHEDULED)
    assert scheduled.window_from is not None
    freeze(house, ends_at=scheduled.window_from + HOUR)
    with clock.at(scheduled.window_from + HOUR / 2):
        assert windows.open_windows() == 0
    wait = ledger.open_waits("run", [scheduled.pk])[scheduled.pk]
    assert wait.blocker_kind == Blocker.FREEZE and "has frozen Production" in wait.sentence
    assert DeploymentRun.objects.get(pk=under_way.pk).state == RunState.RUNNING


def test_it_is_seen_ahead_on_requests_plans_and_the_board(house: House, door) -> None:
    run, now = run_in_state(house, RunState.APPROVED), clock.now()
    freeze(house, starts_at=now + timedelta(days=3), ends_at=now + timedelta(days=4))
    freeze(house, starts_at=now + timedelta(days=30), ends_at=now + timedelta(days=31), reason="Too far away")
    draft = RequestDraft(
        application=house.claims, environment=house.production, features=[],
        items=[ItemDraft(component=house.claims_web, version=house.version(house.claims_web, "3.0.0"))],
    )  # fmt: skip
    (told,) = [one for one in checks_of_draft(draft) if "has frozen" in one.sentence]
    assert told.tone == WARN and told.sentence.startswith("No run starts from ")
    (warning,) = plan_queries.plan_view(run).warnings
    assert warning.sentence == told.sentence
    for path in ("/board", f"/runs/{run.pk}", f"/environments/{house.production.pk}"):
        assert "Year-end closing" in door(house.cast.outsider).get(path).content.decode(), path
    draft = RequestDraft(
        application=house.claims, environment=house.acceptance, items=draft.items, features=[]
    )
    assert [one.tone for one in checks_of_draft(draft) if "freeze" in one.sentence] == [PASSED]


def test_another_span_and_reason_are_kept_with_what_was_before(house: House) -> None:
    made = freeze(house)
    before, later = made.ends_at, made.ends_at + HOUR
    services.edit_freeze(
        actor=house.cast.second_manager, freeze=made, starts_at=made.starts_at, ends_at=later, reason="Longer.",
        seen=1,
    )  # fmt: skip
    event = Event.objects.get(verb="freeze.edited")
    assert (event.before["ends_at"], event.after["ends_at"]) == (before.isoformat(), later.isoformat())
    with pytest.raises(Conflict, match=r"Sven Dahl changed Freeze of Production at .* \(ends at, reason\)"):
        services.lift_freeze(actor=house.cast.second_manager, freeze=made, reason="Enough.", seen=1)


@pytest.mark.parametrize("how", ["ended", "was lifted"])
def test_one_that_is_over_stays_as_it_was(house: House, how: str) -> None:
    made = freeze(house)
    if how == "was lifted":
        services.lift_freeze(actor=house.cast.release_manager, freeze=made, reason="Closed early.")
    with clock.at(made.ends_at if how == "ended" else clock.now()):
        with pytest.raises(Conflict, match=f"{how} at"):
            services.edit_freeze(
                actor=house.cast.release_manager, freeze=made, ends_at=made.ends_at + 9 * HOUR
            )
        with pytest.raises(Conflict, match=f"{how} at"):
            services.lift_freeze(actor=house.cast.release_manager, freeze=made, reason="Again.")


def test_it_ends_after_it_begins_and_has_a_reason(house: House) -> None:
    with pytest.raises(Invalid, match="ends after it begins"):
        freeze(house, ends_at=clock.now() - 2 * HOUR)
    with pytest.raises(Invalid):
        freeze(house, reason=" ")
    with pytest.raises(Invalid, match="Say why"):
        services.lift_freeze(actor=house.cast.release_manager, freeze=freeze(house), reason=" ")


def test_who_manages_one_environment_freezes_that_one_only(house: House) -> None:
    grant(house.cast.outsider, Role.RELEASE_MANAGER, team=house.cast.claims)
    otto = house.cast.outsider
    assert freeze(house, actor=otto, environment=None, application=house.claims).set_by == otto
    for where in ({}, {"environment": None}, {"environment": None, "application": house.billing}):
        with pytest.raises(NotAllowed):
            freeze(house, actor=otto, **where)


def test_an_application_that_is_retired_is_not_frozen(house: House) -> None:
    Application.objects.filter(pk=house.portal.pk).update(retired_at=clock.now(), retired_reason="Sold.")
    with pytest.raises(Invalid, match="Portal is retired"):
        freeze(house, environment=None, application=house.portal)
