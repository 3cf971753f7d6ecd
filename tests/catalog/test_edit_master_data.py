"""Applications and components are edited from what was seen, told once, and never lost."""

import pytest
from django.db import IntegrityError, transaction

from releaseorch.audit.models import Event
from releaseorch.catalog import services
from releaseorch.catalog.models import Application, Component
from releaseorch.catalog.states import Level
from releaseorch.core import clock
from releaseorch.core.errors import Conflict, Invalid, NotAllowed
from releaseorch.delivery import services as delivery
from releaseorch.delivery.drafts import ItemDraft
from tests.factories import House
from tests.histories import request_in_state

pytestmark = pytest.mark.django_db
WHY = "It is replaced by Policy Admin."


def events(verb: str) -> list[Event]:
    return list(Event.objects.filter(verb=verb))


def test_only_what_changed_is_saved_and_told(house: House) -> None:
    changed = services.edit_application(
        actor=house.cast.release_manager, application=house.claims, seen=1, name="Claims",
        team=house.cast.billing, contact="  ext. 4711 ", tags=["core", "Core", ""],
    )  # fmt: skip
    assert (changed.team, changed.contact, changed.tags) == (house.cast.billing, "ext. 4711", ["Core"])
    (event,) = events("application.edited")
    assert event.before == {"team": "Claims", "contact": "", "tags": []}
    assert event.after == {"team": "Billing", "contact": "ext. 4711", "tags": ["Core"]}


def test_nothing_changed_writes_nothing(house: House) -> None:
    services.edit_application(actor=house.cast.release_manager, application=house.claims, name=" Claims ")
    assert events("application.edited") == []
    assert Application.objects.get(pk=house.claims.pk).row_version == 1


def test_who_comes_second_is_told_who_was_first_and_with_what(house: House) -> None:
    with clock.at(clock.now()):
        services.edit_application(
            actor=house.cast.second_manager, application=house.claims, seen=1, contact="ext. 1"
        )
        with pytest.raises(
            Conflict, match=r"Sven Dahl changed Claims at \d\d:\d\d \(contact\), after you opened"
        ):
            services.edit_application(
                actor=house.cast.release_manager, application=house.claims, seen=1, level=Level.DECIDES_ALONE
            )
    assert Application.objects.get(pk=house.claims.pk).level == Level.TRAIN


@pytest.mark.parametrize(
    "name", ["claims", "CLAIMS ", "Ｃｌａｉｍｓ", "Cla\u00adims", "Claims\ufe0f", "Customer  portal"]
)
def test_a_name_that_only_looks_different_is_taken(house: House, name: str) -> None:
    taken = r"There is an application (Claims|Customer Portal) already\. Capitals"
    with pytest.raises(Invalid, match=taken) as refused:
        services.create_application(actor=house.cast.release_manager, name=name, team=house.cast.billing)
    assert set(refused.value.fields) == {"name"}
    with pytest.raises(Invalid, match=taken):
        services.edit_application(actor=house.cast.release_manager, application=house.billing, name=name)


def test_the_database_itself_refuses_a_twin(house: House) -> None:
    """Two at the same moment both find the name free; bulk writing fills the key too."""
    with pytest.raises(IntegrityError), transaction.atomic():
        Application.objects.bulk_create([Application(name="cLAIMS", slug="claims-2", team=house.cast.claims)])
    with pytest.raises(IntegrityError), transaction.atomic():
        Component.objects.create(application=house.claims, name="Claims-Web")
    services.create_component(actor=house.cast.release_manager, application=house.billing, name="claims-web")


def test_a_new_name_may_differ_from_its_own_old_one_by_capitals(house: House) -> None:
    changed = services.edit_application(
        actor=house.cast.release_manager, application=house.claims, name="CLAIMS"
    )
    assert (changed.name, changed.slug) == ("CLAIMS", "claims")
    assert Application.objects.get(name_key="claims") == changed


def test_addresses_are_free_ones_and_never_the_form_itself(house: House) -> None:
    made = [
        services.create_application(actor=house.cast.release_manager, name=name, team=house.cast.claims)
        for name in ("Claims!", "New", "Заявки", "Выплаты")
    ]
    assert [one.slug for one in made] == ["claims-2", "new-2", "application", "application-2"]


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "ftp://runbooks", "//runbooks", "data:text/html,x"]
)
def test_a_runbook_is_a_web_address(house: House, address: str) -> None:
    with pytest.raises(Invalid, match="http://") as refused:
        services.edit_application(
            actor=house.cast.release_manager, application=house.claims, runbook_url=address
        )
    assert set(refused.value.fields) == {"runbook_url"}


def test_an_application_is_given_to_a_team_only_where_one_may(house: House) -> None:
    with pytest.raises(NotAllowed, match="administrator, release manager"):
        services.edit_application(
            actor=house.cast.developer, application=house.claims, team=house.cast.billing
        )


def test_retired_it_cannot_be_filed_for_and_restored_it_can(house: House) -> None:
    manager = house.cast.release_manager
    retired = services.retire_application(actor=manager, application=house.billing, reason=WHY)
    assert (retired.is_retired, retired.retired_reason) == (True, WHY)
    with pytest.raises(Invalid, match="Billing is retired; nothing is filed"):
        delivery.create_request(actor=manager, application=house.billing, environment=house.production)
    with pytest.raises(Invalid, match="Billing is retired"):
        services.create_component(
            actor=manager, application=house.billing, name="billing-batch"
        )  # read before
    with pytest.raises(Conflict, match="retired already"):
        services.retire_application(actor=manager, application=house.billing, reason=WHY)
    services.restore_application(actor=manager, application=house.billing, reason="Needed after all.")
    delivery.create_request(actor=manager, application=house.billing, environment=house.production)


def test_what_holds_an_application_is_named(house: House) -> None:
    request = request_in_state(house, "submitted")
    with pytest.raises(Conflict, match=rf"Claims is held by request #{request.pk} \(submitted\)"):
        services.retire_application(actor=house.cast.release_manager, application=house.claims, reason=WHY)
    delivery.withdraw_request(actor=house.cast.developer, request=request, reason="Not now.")
    with pytest.raises(Conflict, match="portal-front needs claims-web"):
        services.retire_application(actor=house.cast.release_manager, application=house.claims, reason=WHY)
    assert events("application.retired") == []


def test_a_retired_component_is_in_no_new_line(house: House) -> None:
    version = house.version(house.portal_front)
    services.retire_component(actor=house.cast.release_manager, component=house.portal_front, reason=WHY)
    with pytest.raises(Invalid, match="portal-front is retired; take its line out"):
        delivery.create_request(
            actor=house.cast.release_manager, application=house.portal, environment=house.production,
            items=[ItemDraft(component=house.portal_front, version=version)],
        )  # fmt: skip
    with pytest.raises(Invalid, match="portal-front is retired"):  # also told by a picture from before
        services.register_version(
            actor=house.cast.release_manager, component=house.portal_front, text="3.0.0"
        )
    with pytest.raises(Invalid, match="portal-front is retired"):
        services.add_dependency(
            actor=house.cast.release_manager, component=house.billing_api, needs=house.portal_front
        )
