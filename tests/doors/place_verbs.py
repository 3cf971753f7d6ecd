"""The verbs of environments, targets, placements and connections."""

from typing import Any

from releaseorch.environments import services
from releaseorch.environments.models import Connection, Environment, Placement, Target
from tests.doors.master_data import reasoned
from tests.doors.request_verbs import WHY
from tests.doors.verbs import Verb, typed
from tests.factories import House, place

PLACE = {
    "name": "Training",
    "rank": 4,
    "is_protected": False,
    "confirm_within_minutes": 15,
    "steps_at_once": 3,
    "parameters": {"region": "north"},
}
SERVER = {"name": "web-9", "kind": "server", "steps_at_once": 2, "parameters": {"port": "8080"}}
TURN = {"order": 3, "group": "left"}
LINES = {"region": "region = north", "port": "port = 8080"}


def as_form(values: dict[str, Any]) -> dict[str, Any]:
    """As a form sends it: parameters line by line, a box that isn't ticked not at all."""
    (name,) = values["parameters"]
    return {**{key: value for key, value in values.items() if value is not False}, "parameters": LINES[name]}


def environment(house: House) -> Environment:
    return house.acceptance


def retired_environment(house: House) -> Environment:
    return services.retire_environment(
        actor=house.cast.administrator, environment=house.acceptance, reason=WHY
    )


def target(house: House) -> Target:
    return Target.objects.create(environment=house.acceptance, name="web-1")


def placement(house: House) -> Placement:
    (where,) = place(house.claims_web, house.acceptance, "web-1")
    return where.placements.get()


def connection(house: House) -> Connection:
    return services.create_connection(
        actor=house.cast.administrator, environment=house.acceptance, name="server", kind="shell"
    )


def connection_with_secret(house: House) -> Connection:
    return services.set_connection_secret(
        actor=house.cast.administrator, connection=connection(house), name="token", secret="not shown"
    )


CONFIG = {"env": {"APP_HOST": "one.example"}}
LINED = "APP_HOST = one.example"
CONNECTION_VERBS = [
    Verb(
        "connection.create", "connection.created", "administrator", environment, again=True,
        service=lambda call: services.create_connection(
            actor=call.person, environment=call.subject, name="server", kind="shell", config=CONFIG, steps_at_once=1
        ),
        page=lambda call: {
            "environment": call.subject.pk, "kind": "shell", "name": "server", "config_env": LINED,
            "steps_at_once": 1,
        },
        page_path="/connections/new",
        api=typed(environment="acceptance", name="server", kind="shell", config=CONFIG, steps_at_once=1),
        api_path="connections",
        found=lambda _environment: Connection.objects.get(),
    ),
    Verb(
        "connection.edit", "connection.edited", "administrator", connection,
        lambda call: services.edit_connection(**call.asked, name="server", config=CONFIG),
        page=typed(name="server", config_env=LINED), api=typed(config=CONFIG),
        api_path="connections/{pk}", api_method="patch",
    ),
    Verb(
        "connection.set_secret", "connection.secret_set", "administrator", connection,
        lambda call: services.set_connection_secret(**call.asked, name="token", secret="not shown"),
        page=typed(name="token", secret="not shown"), api=typed(name="token", secret="not shown"),
    ),
    Verb(
        "connection.forget_secret", "connection.secret_forgotten", "administrator", connection_with_secret,
        lambda call: services.forget_connection_secret(**call.asked, name="token"),
        page=typed(name="token"), api=typed(name="token"),
    ),
    Verb(
        "connection.remove", "connection.removed", "administrator", connection, again=True,
        service=lambda call: services.remove_connection(actor=call.person, connection=call.subject),
        found=lambda connection: connection.environment,
    ),
]  # fmt: skip
PLACE_VERBS = [
    *CONNECTION_VERBS,
    Verb(
        "environment.create", "environment.created", "administrator", environment, again=True,
        service=lambda call: services.create_environment(actor=call.person, **PLACE),
        page=typed(**as_form(PLACE)), page_path="/environments/new", api=typed(**PLACE), api_path="environments",
        found=lambda _environment: Environment.objects.get(name="Training"),
    ),
    Verb(
        "environment.edit", "environment.edited", "administrator", environment,
        lambda call: services.edit_environment(**call.asked, **PLACE),
        page=typed(**as_form(PLACE)), api=typed(**PLACE), api_path="environments/{pk}", api_method="patch",
    ),
    reasoned(
        "environment.retire", "environment.retired", "administrator", environment, services.retire_environment
    ),
    reasoned(
        "environment.restore", "environment.restored", "administrator", retired_environment,
        services.restore_environment,
    ),
    Verb(
        "target.create", "target.created", "administrator", environment, again=True,
        service=lambda call: services.create_target(actor=call.person, environment=call.subject, **SERVER),
        page=typed(**as_form(SERVER)), page_path="/targets/new?environment={subject.pk}",
        api=typed(environment="acceptance", **SERVER), api_path="targets",
        found=lambda _environment: Target.objects.get(),
    ),
    Verb(
        "target.edit", "target.edited", "administrator", target,
        lambda call: services.edit_target(**call.asked, **SERVER),
        page=typed(**as_form(SERVER)), api=typed(**SERVER), api_path="targets/{pk}", api_method="patch",
    ),
    Verb(
        "target.retire", "target.retired", "administrator", target,
        lambda call: services.retire_target(**call.asked, reason=WHY), page=typed(reason=WHY), api=typed(reason=WHY),
    ),
    Verb(
        "placement.create", "placement.created", "administrator", target, again=True,
        service=lambda call: services.create_placement(
            actor=call.person, target=call.subject, component=call.house.claims_web, **TURN
        ),
        page=lambda call: {"component": call.house.claims_web.pk, **TURN},
        page_path="/placements/new?target={subject.pk}",
        api=lambda call: {"component": call.house.claims_web.pk, "target": call.subject.pk, **TURN},
        api_path="placements", found=lambda _target: Placement.objects.get(),
    ),
    Verb(
        "placement.edit", "placement.edited", "administrator", placement,
        lambda call: services.edit_placement(**call.asked, **TURN),
        page=typed(**TURN), api=typed(**TURN), api_path="placements/{pk}", api_method="patch",
    ),
    Verb(
        "placement.remove", "placement.removed", "administrator", placement, again=True,
        service=lambda call: services.remove_placement(actor=call.person, placement=call.subject),
        found=lambda placement: placement.target,
    ),
]  # fmt: skip
