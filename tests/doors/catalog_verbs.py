"""The verbs of applications, components, dependencies, procedures and versions."""

from typing import Any

from releaseorch.catalog import procedure_text, services
from releaseorch.catalog.models import Application, Component, Procedure
from releaseorch.catalog.states import Need
from tests.doors.master_data import as_form, edited, made, reasoned
from tests.doors.request_verbs import WHY
from tests.doors.verbs import Call, Verb, typed
from tests.factories import House

MANAGER = "release_manager"
OF_APPLICATION = "/applications/{subject.slug}/{verb}"
FLEET = {"name": "Fleet Telematics", "contact": "ext. 4711", "criticality": "vital"}
FORM = ("name", "team", "contact", "on_call_note", "criticality", "runbook_url", "level")


def application(house: House) -> Application:
    return house.claims


def component(house: House) -> Component:
    return house.claims_web


def retired_application(house: House) -> Application:
    return services.retire_application(
        actor=house.cast.release_manager, application=house.billing, reason=WHY
    )


def retired_component(house: House) -> Component:
    return services.retire_component(
        actor=house.cast.release_manager, component=house.portal_front, reason=WHY
    )


def fleet(_start: Any) -> Application:
    return Application.objects.get(slug="fleet-telematics")


def batch(_start: Any) -> Component:
    return Component.objects.get(name="claims-batch")


def add_need(call: Call) -> Component:
    return services.add_dependency(
        actor=call.person, component=call.subject, needs=call.house.billing_api, reason=Need.RUNTIME
    )


TEXT = """name: careful
steps:
- {key: stop, title: Stop it, phase: stop, executor: shell, parameters: {argv: [stop]}}
- {key: look, title: Look, phase: verify, kind: manual, after: [stop], instructions: Look at it.}
"""


def careful(_start: Any) -> Procedure:
    return Procedure.objects.filter(name="careful").latest("version")


def service_procedure(house: House) -> Procedure:
    return Procedure.objects.get(name="service")


def next_service(_start: Any) -> Procedure:
    return Procedure.objects.get(name="service", version=2)


def write_next(call: Call) -> Procedure:
    return services.edit_procedure(
        actor=call.person, procedure=call.subject, steps=procedure_text.read(TEXT).steps, seen=1, adopt=True
    )


def next_text() -> str:
    return TEXT.replace("careful", "service")


CATALOG_VERBS = [
    made(
        "procedure", MANAGER, application, services.create_procedure,
        lambda _call: {"name": "careful", "steps": procedure_text.read(TEXT).steps}, careful,
        page=typed(text=TEXT), api=typed(text=TEXT), page_path="/procedures/new",
    ),
    Verb(
        "procedure.edit", "procedure.edited", MANAGER, service_procedure, write_next, found=next_service,
        unguarded=True, page_path="/procedures/{pk}/edit", api_path="procedures/{pk}", api_method="patch",
        page=lambda _call: {"text": next_text(), "adopt": "on", "version": 1},
        api=lambda _call: {"text": next_text(), "adopt": True, "version": 1},
    ),
    made(
        "application", MANAGER, application, services.create_application,
        lambda call: {**FLEET, "team": call.house.cast.billing}, fleet, page_path="/applications/new",
        page=lambda call: {**FLEET, "team": call.house.cast.billing.pk, "level": "train"},
        api=typed(**FLEET, team="billing"),
    ),
    edited(
        "application", MANAGER, application, services.edit_application,
        lambda call: {"name": "Claims and Payouts", "team": call.house.cast.billing}, page_path=OF_APPLICATION,
        page=lambda call: {
            **as_form(call.subject, *FORM), "name": "Claims and Payouts", "team": call.house.cast.billing.pk,
        },
        api=typed(name="Claims and Payouts", team="billing"),
    ),
    reasoned(
        "application.retire", "application.retired", MANAGER, lambda house: house.billing,
        services.retire_application, OF_APPLICATION,
    ),
    reasoned(
        "application.restore", "application.restored", MANAGER, retired_application,
        services.restore_application, OF_APPLICATION,
    ),
    made(
        "component", MANAGER, application, services.create_component,
        lambda call: {
            "application": call.subject, "name": "claims-batch", "procedure": call.house.claims_db.procedure,
            "parameters": {"queue": "night"},
        },
        batch, page_path="/applications/{subject.slug}/components/new",
        page=lambda call: {
            "name": "claims-batch", "procedure": call.house.claims_db.procedure_id, "parameters": "queue = night",
        },
        api=lambda call: {
            "application": "claims", "name": "claims-batch", "procedure": call.house.claims_db.procedure_id,
            "parameters": {"queue": "night"},
        },
    ),
    edited(
        "component", MANAGER, component, services.edit_component, typed(kind="web front"),
        page=lambda call: {**as_form(call.subject, "name", "procedure"), "kind": "web front"},
        api=typed(kind="web front"),
    ),
    reasoned(
        "component.retire", "component.retired", MANAGER, lambda house: house.portal_front, services.retire_component
    ),
    reasoned("component.restore", "component.restored", MANAGER, retired_component, services.restore_component),
    Verb(
        "component.add_dependency", "component.dependency_added", MANAGER, component, add_need,
        page=lambda call: {"needs": call.house.billing_api.pk, "reason": "runtime"},
        api=lambda call: {"needs": call.house.billing_api.pk, "reason": "runtime"}, unguarded=True,
    ),
    Verb(
        "component.remove_dependency", "component.dependency_removed", MANAGER, component,
        lambda call: services.remove_dependency(
            actor=call.person, component=call.subject, needs=call.house.claims_db
        ),
        page=lambda call: {"needs": call.house.claims_db.pk},
        api=lambda call: {"needs": call.house.claims_db.pk}, unguarded=True,
    ),
]  # fmt: skip
