"""Applications, components and procedures are made with names of their own, and procedures never change."""

from collections.abc import Callable

import pytest

from releaseorch.accounts.services import create_team
from releaseorch.catalog import queries, services
from releaseorch.catalog.models import Procedure
from releaseorch.catalog.services import ProcedureStepDraft
from releaseorch.catalog.states import Phase, StepKind
from releaseorch.core.errors import Invalid, NotAllowed
from releaseorch.environments.services import create_environment
from tests.factories import House

pytestmark = pytest.mark.django_db


def test_an_application_with_a_component_is_made(house: House) -> None:
    actor = house.cast.release_manager
    made = services.create_application(actor=actor, name="Fleet Telematics", team=house.cast.billing)
    component = services.create_component(actor=actor, application=made, name="collector")
    assert made.slug == "fleet-telematics"
    detail = queries.application_detail(made.pk)
    assert detail is not None
    assert detail.components == (component,)


def test_a_name_that_is_taken_is_said_at_its_field(house: House) -> None:
    actor = house.cast.release_manager
    with pytest.raises(Invalid, match="There is an application Claims already"):
        services.create_application(actor=actor, name="Claims", slug="other", team=house.cast.billing)
    with pytest.raises(Invalid, match="Claims has a component claims-web already"):
        services.create_component(actor=actor, application=house.claims, name="claims-web")


def test_an_address_that_leads_elsewhere_already_is_said_at_its_field(house: House) -> None:
    actor, team = house.cast.administrator, house.cast.billing
    tries: list[Callable[[], object]] = [
        lambda: services.create_application(actor=actor, name="Fleet", slug="new", team=team),
        lambda: services.create_application(actor=actor, name="Fleet", slug="claims", team=team),
        lambda: create_team(actor=actor, name="Fleet", slug="new"),
        lambda: create_team(actor=actor, name="Fleet", slug=team.slug),
        lambda: create_environment(actor=actor, name="Fleet", slug=house.production.slug, rank=9),
    ]
    for one in tries:
        with pytest.raises(Invalid) as refused:
            one()
        assert refused.value.fields == {"slug": ["This address is taken."]}


def test_it_needs_the_right(house: House) -> None:
    with pytest.raises(NotAllowed):
        services.create_application(actor=house.cast.developer, name="Mine", team=house.cast.claims)


def test_a_changed_procedure_is_the_next_version(house: House) -> None:
    steps = [
        ProcedureStepDraft(key="stop", title="Stop", phase=Phase.STOP, executor="shell"),
        ProcedureStepDraft(key="look", title="Look", kind=StepKind.MANUAL, after=["stop"]),
    ]
    for number in (1, 2):
        made = services.create_procedure(actor=house.cast.release_manager, name="careful", steps=steps)
        assert made.version == number
    assert [step.key for step in made.steps.all()] == ["stop", "look"]
    assert Procedure.objects.filter(name="careful").count() == 2


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ([], "one step at least"),
        ([ProcedureStepDraft(key="a", title="A")], "a is automated and needs a tool"),
        ([ProcedureStepDraft(key="a", title="A", executor="shell")] * 2, "Two steps have the key a"),
        (
            [ProcedureStepDraft(key="a", title="A", executor="shell", after=["b"])],
            "a comes after b, which is no step",
        ),
    ],
)
def test_a_procedure_that_cannot_be_carried_out_is_refused(
    house: House, steps: list[ProcedureStepDraft], sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        services.create_procedure(actor=house.cast.release_manager, name="odd", steps=steps)
    assert not Procedure.objects.filter(name="odd").exists()


def test_pages_of_versions_go_back_and_forth(house: House) -> None:
    made = [house.version(house.claims_web, f"1.{number}.0") for number in range(5)]
    first = queries.versions_page(size=2)
    assert [one.text for one in first.items] == ["1.4.0", "1.3.0"]
    assert first.newer is None
    second = queries.versions_page(first.older, size=2)
    assert [one.text for one in second.items] == ["1.2.0", "1.1.0"]
    last = queries.versions_page(second.older, size=2)
    assert (list(last.items), last.older) == ([made[0]], None)
    back = queries.versions_page(second.newer, size=2)
    assert (list(back.items), back.newer) == (list(first.items), None)


@pytest.mark.parametrize(
    "cursor", ["older-", "sideways-3", "older-x", "older-" + "9" * 40, "3", "older--1", "older-²"]
)
def test_a_damaged_cursor_is_refused(house: House, cursor: str) -> None:
    with pytest.raises(Invalid, match="page address is damaged"):
        queries.versions_page(cursor)


def test_a_cursor_at_the_end_of_all_numbers_is_harmless(house: House) -> None:
    house.version(house.claims_web)
    assert len(queries.versions_page(f"older-{2**63 - 1}").items) == 1
    assert not queries.versions_page(f"newer-{10**19 - 1}").items


@pytest.mark.parametrize("number", [2**63, 2**64, -(2**70), 0])
def test_numbers_that_no_row_can_have_find_nothing(house: House, number: int) -> None:
    house.version(house.claims_web)
    assert queries.application_detail(number) is None
    assert queries.component_detail(number) is None
    assert not queries.applications_by_name(team=number)
    assert not queries.versions_page(component=number).items
    assert not queries.versions_page(application=number).items
