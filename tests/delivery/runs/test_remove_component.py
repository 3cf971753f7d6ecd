"""A component that is removed leaves the inventory, by hand or by its procedure."""

import pytest

from releaseorch.catalog.states import Phase
from releaseorch.core.actor import SYSTEM
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.states import ItemKind
from releaseorch.environments import inventory
from releaseorch.environments.states import SourceKind
from releaseorch.runs import engine, services
from releaseorch.runs.models import Step
from tests.factories import ProcedureFactory
from tests.histories import request_in_state, run_in_state

TEAR_DOWN = {"key": "tear-down", "title": "Remove ${component}", "phase": Phase.CONTRACT}


@pytest.fixture
def removal(house, commits):
    """A running run that removes Claims' web from Production, and its one step."""
    inventory.install(
        actor=SYSTEM, component=house.claims_web, environment=house.production, target=None,
        version=house.version(house.claims_web, "1.0.0"), source_kind=SourceKind.IMPORT, source_id=None,
        source_name="",
    )  # fmt: skip

    def start():
        with commits():
            request = request_in_state(
                house, "approved", items=[ItemDraft(kind=ItemKind.REMOVE, component=house.claims_web)]
            )
            run = run_in_state(house, "running", requests=[request])
        return request, Step.objects.get(run=run)

    return start


def installed(house):
    return inventory.current([house.production.pk], [house.claims_web.pk])


def test_without_a_step_for_it_somebody_removes_it_by_hand(house, removal, commits):
    request, step = removal()
    assert (step.kind, step.title) == ("manual", "Remove claims-web by hand")
    assert len(installed(house)) == 1
    with commits():
        taken = services.take_step(actor=house.cast.operator, step=step)
        services.done_step(actor=house.cast.operator, step=taken, note="Gone, port 80 is closed.")
    assert installed(house) == []
    request.refresh_from_db()
    assert request.state == "deployed"


def test_the_procedure_removes_it(house, removal, commits):
    house.claims_web.procedure = ProcedureFactory(steps=[{}, TEAR_DOWN])
    house.claims_web.save()
    request, step = removal()
    assert step.kind == "automated"
    with commits():
        engine.run_step(step.pk, step.token)
    assert installed(house) == []
    request.refresh_from_db()
    assert request.state == "deployed"
