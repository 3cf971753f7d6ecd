"""The company of a campaign: applications whose procedures write to the ledger of effects, and people with tokens."""

import random
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from releaseorch.accounts import tokens
from releaseorch.accounts.models import Person, RoleGrant
from releaseorch.catalog.models import Application, Component, ComponentVersion, Procedure, ProcedureStep
from releaseorch.catalog.states import StepKind
from releaseorch.core import clock
from releaseorch.environments.models import Environment
from tests.characters import PASSWORD, Cast, make_cast
from tests.faults.campaign import points
from tests.faults.campaign.executor import KIND
from tests.faults.campaign.script import SCRIPT

APPLICATIONS = 5
COMPONENTS = 4
STEPS = 5  # of each component
AFTER = {2: ["step-1"], 3: ["step-1"], 4: ["step-2", "step-3"], 5: ["step-4"]}
LONG_S = 1.5
BY_HAND, BY_SCRIPT = 0.05, 0.1  # how many of the steps
# What is met by a run under way; every second run meets nothing.
FATES = ("", "cancelled", "", "paused", "", "beside")


@dataclass(frozen=True)
class Order:
    """What one run is made of: a request of one application for one environment.

    `beside` is carried by a run of its own, which wants to begin at the same moment.
    """

    application: str
    environment: str
    items: tuple[tuple[int, int], ...]  # component, version
    fate: str = ""
    beside: tuple["Order", ...] = ()


@dataclass(frozen=True)
class House:
    tokens: dict[str, str]
    orders: list[Order]
    password: str = PASSWORD


def make_house(dice: random.Random, runs: int, *, poison: bool, fate: str = "") -> House:
    """Each application × environment is used by runs one after the other, the others run at its side.

    With a fate all of them meet it.
    """
    cast = make_cast()
    # A host whose clock is behind knows of no right that was given a moment ago.
    RoleGrant.objects.update(valid_from=clock.now() - timedelta(days=1))
    environments = Environment.objects.bulk_create(
        Environment(name=f"Site {n}", slug=f"site-{n}", rank=n) for n in range(1, 4)
    )
    applications = [_application(dice, cast, n) for n in range(1, APPLICATIONS + 1)]
    orders: list[Order] = []
    left = iter(range(runs))
    for number in left:
        application, place = applications[number % APPLICATIONS], environments[number // APPLICATIONS % 3]
        met = fate or FATES[len(orders) % len(FATES)]
        second = next(left, None) if met == "beside" else None
        beside = () if second is None else (_order(application, place, second),)
        orders.append(replace(_order(application, place, number), fate=met, beside=beside))
    if poison:
        orders.insert(len(orders) // 2, _order(_poisoned(cast), environments[0], runs))
    people = (cast.developer, cast.release_manager, cast.second_manager, cast.operator)
    return House({person.username: _token(person) for person in people}, orders)


def _token(person: Person) -> str:
    _row, text = tokens.create_token(
        actor=person, person=person, name="campaign", scopes=sorted(tokens.SCOPES), days=1
    )
    return text


def _order(application: Application, place: Environment, number: int) -> Order:
    items = []
    for component in application.components.order_by("id"):
        digest = f"sha256:{component.pk * 10_000 + number:064x}"
        made = ComponentVersion.objects.create(component=component, text=f"1.{number}.0", digest=digest)
        items.append((component.pk, made.pk))
    return Order(application.slug, place.slug, tuple(items))


def _application(dice: random.Random, cast: Cast, number: int) -> Application:
    made = Application.objects.create(name=f"Shop {number}", slug=f"shop-{number}", team=cast.claims)
    for place in range(1, COMPONENTS + 1):
        procedure = Procedure.objects.create(name=f"shop-{number}-{place}")
        ProcedureStep.objects.bulk_create(
            _step(dice, procedure, position, first=place == 1) for position in range(1, STEPS + 1)
        )
        Component.objects.create(application=made, name=f"shop-{number}-part-{place}", procedure=procedure)
    return made


def _poisoned(cast: Cast) -> Application:
    """One step kills its worker before it begins, whoever that is; the other one while it is at work."""
    made = Application.objects.create(name="Poison", slug="poison", team=cast.claims)
    procedure = Procedure.objects.create(name="poison")
    for position, where in enumerate(("check", "effect"), start=1):
        values = _values(procedure, position) | {"title": "Poison", "after": []}
        parameters = {"seconds": 0, "poison": where}
        ProcedureStep.objects.create(**values, kind=StepKind.AUTOMATED, executor=KIND, parameters=parameters)
    Component.objects.create(application=made, name="poison", procedure=procedure)
    return made


def _values(procedure: Procedure, position: int) -> dict[str, Any]:
    """The second step of a component may begin beside the third."""
    return {
        "procedure": procedure, "position": position, "key": f"step-{position}", "title": "Deploy ${component}",
        "phase": "deploy", "after": AFTER.get(position, []), "installs": position == STEPS,
    }  # fmt: skip


def _step(dice: random.Random, procedure: Procedure, position: int, *, first: bool) -> ProcedureStep:
    """Some are for people, some are scripts; the first component has a long one beside a short one."""
    values = _values(procedure, position)
    if first and position in {2, 3}:
        parameters = {"seconds": LONG_S if position == 2 else 0}
        return ProcedureStep(**values, kind=StepKind.AUTOMATED, executor=KIND, parameters=parameters)
    kind, seconds = dice.random(), _seconds(dice)
    if position != STEPS and kind < BY_HAND:
        return ProcedureStep(**values, kind=StepKind.MANUAL)
    if kind < BY_HAND + BY_SCRIPT:
        argv = ["sh", str(points.folder() / SCRIPT), str(seconds)]
        return ProcedureStep(**values, kind=StepKind.AUTOMATED, executor="shell", parameters={"argv": argv})
    parameters = {"seconds": seconds}
    return ProcedureStep(**values, kind=StepKind.AUTOMATED, executor=KIND, parameters=parameters)


def _seconds(dice: random.Random) -> float:
    """Most are short; one in eight is long enough to be caught by a kill while it is at work."""
    return round(dice.uniform(0.5, LONG_S), 2) if dice.random() < 0.125 else round(dice.uniform(0, 0.05), 3)
