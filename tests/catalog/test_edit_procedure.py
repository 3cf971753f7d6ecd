"""A procedure is edited by its next version; what was planned by the old one stays."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.catalog import procedure_queries, procedure_text, services
from releaseorch.catalog.models import Component, Procedure, ProcedureStep
from releaseorch.catalog.services import ProcedureStepDraft
from releaseorch.catalog.states import StepKind
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.runs.models import Step
from tests.factories import House
from tests.histories import run_in_state

pytestmark = pytest.mark.django_db
BY_HAND = [ProcedureStepDraft(key="look", title="Look at ${component}", kind=StepKind.MANUAL, installs=True)]


@pytest.fixture
def service(house: House) -> Procedure:
    return Procedure.objects.get(name="service")


def test_an_edit_is_the_next_version_and_components_follow_if_asked(house: House, service: Procedure) -> None:
    manager = house.cast.release_manager
    second = services.edit_procedure(actor=manager, procedure=service, steps=BY_HAND, seen=1)
    assert (second.version, Component.objects.filter(procedure=second).count()) == (2, 0)
    third = services.edit_procedure(
        actor=manager, procedure=service, steps=[*BY_HAND, *_deploy()], seen=2, adopt=True
    )
    assert set(Component.objects.filter(procedure=third)) == {house.claims_web, house.billing_api}
    told = Event.objects.get(verb="component.edited", subject_id=house.claims_web.pk)
    assert (told.before, told.after) == ({"procedure": "service v1"}, {"procedure": "service v3"})
    (line,) = procedure_queries.procedures_by_name("SERV").items
    assert (line.newest, line.steps, line.used, line.behind) == (third, 2, 2, 0)


def _deploy() -> list[ProcedureStepDraft]:
    return [ProcedureStepDraft(key="deploy", title="Deploy", executor="shell", parameters={"argv": ["x"]})]


def test_the_same_steps_again_write_nothing(house: House, service: Procedure) -> None:
    draft = procedure_text.read(procedure_text.write(service, service.steps.all()))
    same = services.edit_procedure(
        actor=house.cast.release_manager, procedure=service, steps=draft.steps, adopt=True
    )
    assert same == service
    assert not Event.objects.filter(verb="procedure.edited").exists()


def test_components_follow_to_a_version_that_has_the_same_steps_already(
    house: House, service: Procedure
) -> None:
    manager = house.cast.release_manager
    second = services.edit_procedure(actor=manager, procedure=service, steps=BY_HAND)
    again = services.edit_procedure(actor=manager, procedure=service, steps=BY_HAND, seen=2, adopt=True)
    assert again == second
    assert set(Component.objects.filter(procedure=second)) == {house.claims_web, house.billing_api}


def test_who_edits_an_older_picture_is_told_who_was_first(house: House, service: Procedure) -> None:
    services.edit_procedure(actor=house.cast.second_manager, procedure=service, steps=BY_HAND, seen=1)
    with pytest.raises(Conflict, match="Sven Dahl made service v2 after you opened this page"):
        services.edit_procedure(actor=house.cast.release_manager, procedure=service, steps=_deploy(), seen=1)
    assert Procedure.objects.filter(name="service").count() == 2


def test_a_name_that_only_looks_new_is_refused(house: House) -> None:
    for name, is_new in (("Service", False), ("SERVICE", True), ("service", True)):
        with pytest.raises(Invalid, match="There is a procedure service already; edit that one"):
            services.create_procedure(
                actor=house.cast.release_manager, name=name, steps=BY_HAND, is_new=is_new
            )


def test_it_needs_the_right(house: House, service: Procedure) -> None:
    with pytest.raises(NotAllowed, match="administrator, release manager"):
        services.edit_procedure(actor=house.cast.developer, procedure=service, steps=BY_HAND)


def test_a_run_that_is_planned_keeps_its_steps(house: House, service: Procedure) -> None:
    run = run_in_state(house, "scheduled")
    before = list(Step.objects.filter(run=run).order_by("pk").values_list("key", "title", "row_version"))
    for procedure in Procedure.objects.filter(pk__in=Component.objects.values("procedure")):
        services.edit_procedure(
            actor=house.cast.release_manager, procedure=procedure, steps=BY_HAND, adopt=True
        )
    assert (
        list(Step.objects.filter(run=run).order_by("pk").values_list("key", "title", "row_version")) == before
    )
    assert ProcedureStep.objects.filter(procedure=service).exists()
