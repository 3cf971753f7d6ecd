"""A run that demands its whole environment starts alone and keeps others out until it is over."""

import pytest

from releaseorch.core.errors import Conflict
from releaseorch.runs import services
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.queries import actions_for
from tests.characters import Cast
from tests.factories import EnvironmentFactory, House
from tests.faults.invariants import broken
from tests.runs import builders as a

pytestmark = pytest.mark.django_db


def approved(cast: Cast, house: House, *, is_exclusive: bool) -> DeploymentRun:
    step = a.automated("deploy")
    return a.approved_run(
        cast.release_manager, step, environment=house.production, is_exclusive=is_exclusive, title="Night"
    )


def start(cast: Cast, run: DeploymentRun) -> DeploymentRun:
    return services.start_run(actor=cast.operator, run=a.now(run))


def test_it_starts_only_when_no_other_run_is_under_way_there(cast: Cast, house: House) -> None:
    other, alone = (approved(cast, house, is_exclusive=wanted) for wanted in (False, True))
    start(cast, other)
    with pytest.raises(Conflict) as refused:
        start(cast, alone)
    said = str(refused.value)
    assert said.startswith(
        f"{alone} needs Production for itself; {other} by {cast.release_manager.name} is under way"
    )
    (button,) = (one for one in actions_for(a.now(alone), cast.operator) if one.verb == "start")
    assert not button.allowed and button.why_not == said
    services.pause_run(actor=cast.operator, run=a.now(other))
    with pytest.raises(Conflict):
        start(cast, alone)
    services.stop_run(actor=cast.release_manager, run=a.now(other), reason="It can wait.")
    assert start(cast, alone).state == "running" and broken() == []


def test_it_keeps_others_out_until_it_is_over(cast: Cast, house: House) -> None:
    alone, other = (approved(cast, house, is_exclusive=wanted) for wanted in (True, False))
    elsewhere = a.approved_run(cast.release_manager, a.automated("deploy"), environment=EnvironmentFactory())
    start(cast, alone)
    with pytest.raises(Conflict, match="has Production for itself until about"):
        start(cast, other)
    assert start(cast, elsewhere).state == "running"
    services.cancel_run(actor=cast.release_manager, run=a.now(alone), reason="Not tonight.")
    assert a.now(alone).state == "cancelled"
    assert start(cast, other).state == "running" and broken() == []
