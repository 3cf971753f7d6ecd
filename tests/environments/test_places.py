"""Environments, targets and placements as an administrator makes and changes them."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.delivery import plan_queries
from releaseorch.delivery.services import cancel_run
from releaseorch.environments import inventory, services
from releaseorch.environments.models import Placement
from releaseorch.environments.states import SourceKind
from releaseorch.runs.models import Step
from releaseorch.runs.states import RunState
from tests.factories import House, place
from tests.histories import request_in_state, run_in_state

pytestmark = pytest.mark.django_db


def test_names_that_look_alike_are_one_name(house: House) -> None:
    admin = house.cast.administrator
    for name in ("production", "ＰＲＯＤＵＣＴＩＯＮ"):
        with pytest.raises(Invalid, match="There is an environment Production already"):
            services.create_environment(actor=admin, name=name, rank=9)
    place(house.claims_web, house.production, "web-1")
    with pytest.raises(Invalid, match="Production has a target web-1 already"):
        services.create_target(actor=admin, environment=house.production, name="WEB-1")
    assert services.create_target(actor=admin, environment=house.acceptance, name="WEB-1").pk


@pytest.mark.parametrize("name", ["9lives", "a b", "", "${x}", "x" * 101])
def test_a_parameter_has_a_name_that_a_procedure_can_say(house: House, name: str) -> None:
    with pytest.raises(Invalid, match="no name for a parameter"):
        services.edit_environment(
            actor=house.cast.administrator, environment=house.production, parameters={name: "1"}
        )


def test_only_administrators_change_places(house: House, door) -> None:
    (target,) = place(house.claims_web, house.production, "web-1")
    for path in (
        "/environments/new",
        f"/environments/{house.production.pk}/edit",
        f"/targets/{target.pk}/edit",
    ):
        assert door(house.cast.administrator).get(path).status_code == 200
        refused = door(house.cast.release_manager).get(path)
        assert refused.status_code == 403 and "administrator" in refused.content.decode()
    with pytest.raises(NotAllowed):
        services.retire_target(actor=house.cast.release_manager, target=target, reason="Old")


def test_a_retired_target_takes_along_what_was_on_it_and_gives_back_its_name(house: House) -> None:
    admin, (target,) = house.cast.administrator, place(house.claims_web, house.production, "web-1")
    row = inventory.install(
        actor=admin, component=house.claims_web, environment=house.production, target=target,
        version=house.version(house.claims_web), source_kind=SourceKind.HAND, source_id=None, source_name="",
    )  # fmt: skip
    services.retire_target(actor=admin, target=target, reason="Sold.")
    row.refresh_from_db()
    assert row.until is not None
    assert not Placement.objects.filter(target=target).exists()
    assert Event.objects.get(verb="target.retired").reason == "Sold."
    assert services.create_target(actor=admin, environment=house.production, name="web-1").pk != target.pk
    with pytest.raises(Conflict, match="web-1 is retired"):  # `target` was read before
        services.create_placement(actor=admin, component=house.claims_db, target=target)


def test_a_target_stays_while_a_run_counts_on_it(house: House) -> None:
    (target,) = place(house.claims_web, house.production, "web-1")
    run = run_in_state(house, RunState.APPROVED)
    Step.objects.filter(run=run, component=house.claims_web).update(target=target)
    with pytest.raises(Conflict, match="still has steps on web-1"):
        services.retire_target(actor=house.cast.administrator, target=target, reason="Sold.")
    cancel_run(actor=house.cast.release_manager, run=run, reason="Not needed.")
    assert services.retire_target(actor=house.cast.administrator, target=target, reason="Sold.").retired_at


def test_turns_and_groups_reach_the_next_plan(house: House) -> None:
    place(house.claims_web, house.production, "web-1", "web-2", "web-3")
    house.claims_web.procedure.steps.update(per_target=True)
    admin = house.cast.administrator
    first, *others = Placement.objects.order_by("target__name")
    services.edit_placement(actor=admin, placement=first, order=9)
    for one in others:
        services.edit_placement(actor=admin, placement=one, group="blue")
    plan = plan_queries.preview_for_request(request_in_state(house, "approved"))
    assert [[step.target for step in layer.steps] for layer in plan.layers] == [["web-2", "web-3"], ["web-1"]]
