"""Who may do what: characters × verbs, asked of the service, of the buttons, and at both doors."""

from collections.abc import Callable, Mapping
from html import unescape
from typing import Any

import pytest

from releaseorch.accounts.models import Person
from releaseorch.core.errors import NotAllowed
from releaseorch.delivery import request_actions, run_queries, services
from releaseorch.delivery.drafts import ItemDraft
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import ItemKind, RequestState
from releaseorch.environments.models import Environment
from releaseorch.runs import queries
from releaseorch.runs.models import DeploymentRun, Step
from tests.characters import Cast
from tests.doors.conftest import Doors, call, one_moment, open_doors, program, rows, taken_back  # noqa: F401
from tests.doors.table import VERBS
from tests.doors.verbs import Call, Verb
from tests.factories import House
from tests.histories import request_in_state, run_in_state

pytestmark = pytest.mark.django_db

CHARACTERS = (
    "developer", "teammate", "other_developer", "release_manager", "second_manager", "operator", "qa", "auditor",
    "outsider", "robot", "administrator",
)  # fmt: skip
TEAM = {"developer", "teammate"}  # Dana, who filed the request, and Theo of the same team
MANAGERS = {"release_manager", "second_manager"}  # Rita, who composed the run, and Sven
ROBOTS = {"robot"}  # with the role of a release manager
OPERATORS = {"operator"}  # Olga, who has taken the step
ADMINISTRATORS = {"administrator"}
EVERYBODY = set(CHARACTERS) - {"outsider"}
MANAGING = MANAGERS | ROBOTS
RUNNING = MANAGING | OPERATORS
SETTING_UP = MANAGING | {"administrator"}
MATRIX: dict[str, set[str]] = {
    "request.create": TEAM | MANAGING,
    **dict.fromkeys(["request.edit", "request.add_item", "request.remove_item", "request.move_item"], TEAM),
    "request.submit": TEAM,
    "request.withdraw": TEAM | MANAGING,
    "request.approve": MANAGERS,
    "request.send_back": MANAGERS | {"qa"},
    "request.reject": MANAGERS,
    "request.consent_late": MANAGERS,
    "request.retry": TEAM | MANAGING,
    "request.comment": EVERYBODY,
    **dict.fromkeys(
        ["run.create", "run.edit", "run.replan", "run.propose", "run.unlock", "run.schedule"], MANAGING
    ),
    **dict.fromkeys(["run.add_step", "run.remove_step", "run.move_step", "run.edit_step"], MANAGING),
    **dict.fromkeys(["run.add_link", "run.remove_link", "run.stop", "run.cancel", "run.take_out"], MANAGING),
    "run.add_request": MANAGING,
    **dict.fromkeys(["run.finish", "run.limit"], MANAGING),
    "run.fix_forward": MANAGING,
    "run.approve_change": {"second_manager"},
    "run.decline_change": {"second_manager"},
    "run.withdraw_change": {"release_manager"},
    "run.approve": {"second_manager"},
    "run.send_back": MANAGERS,
    "run.reject": MANAGERS,
    **dict.fromkeys(["run.start", "run.pause", "run.resume"], RUNNING),
    "run.comment": EVERYBODY,
    "step.take": OPERATORS,
    **dict.fromkeys(["step.hand_back", "step.reassign"], RUNNING),
    **dict.fromkeys(["step.done", "step.failed"], OPERATORS),
    **dict.fromkeys(
        [
            "step.retry",
            "step.retry_from",
            "step.skip",
            "step.take_over",
            "step.mark_done",
            "step.mark_failed",
        ],
        MANAGERS | OPERATORS,
    ),
    # Olga asked for it, and once decided alone: the others are the second person, she may only take it back.
    **dict.fromkeys(["step.confirm", "step.review"], MANAGERS),
    "step.decline": MANAGERS | OPERATORS,
    **dict.fromkeys(["release.lock", "release.begin", "release.complete"], MANAGING),
    **dict.fromkeys(["release.complete_with_exceptions", "release.abandon"], MANAGING),
    **dict.fromkeys([f"application.{verb}" for verb in ("create", "edit", "retire", "restore")], SETTING_UP),
    **dict.fromkeys([f"component.{verb}" for verb in ("create", "edit", "retire", "restore")], SETTING_UP),
    **dict.fromkeys(["procedure.create", "procedure.edit"], SETTING_UP),
    **dict.fromkeys(["component.add_dependency", "component.remove_dependency"], SETTING_UP),
    **dict.fromkeys(
        ["release.create", "release.edit", "release.set_cut_offs", "release.set_features"], MANAGING
    ),
    **dict.fromkeys(["feature.create", "feature.edit", "feature.add_application"], TEAM | MANAGING | {"qa"}),
    "feature.remove_application": TEAM | MANAGING | {"qa"},
    "feature.move": MANAGING,
    "feature.sign_off": MANAGERS | {"qa"},
    "version.register": TEAM | MANAGING,
    **dict.fromkeys(["version.block", "version.unblock", "feature.set_status"], TEAM | MANAGING | {"qa"}),
    **dict.fromkeys(["reservation.create", "reservation.extend", "reservation.release"], MANAGING | {"qa"}),
    **dict.fromkeys(["environment.create", "environment.edit"], ADMINISTRATORS),
    **dict.fromkeys(["environment.retire", "environment.restore"], ADMINISTRATORS),
    **dict.fromkeys(["connection.create", "connection.edit", "connection.remove"], ADMINISTRATORS),
    **dict.fromkeys(["connection.set_secret", "connection.forget_secret"], ADMINISTRATORS),
    **dict.fromkeys(["target.create", "target.edit", "target.retire"], ADMINISTRATORS),
    **dict.fromkeys(["placement.create", "placement.edit", "placement.remove"], ADMINISTRATORS),
    **dict.fromkeys(["freeze.create", "freeze.edit", "freeze.lift"], MANAGING | ADMINISTRATORS),
    "hold.release": MANAGERS | ADMINISTRATORS,
    "inventory.confirm": RUNNING,
    **dict.fromkeys(
        ["person.create", "person.edit", "person.deactivate", "person.reactivate"], ADMINISTRATORS
    ),
    **dict.fromkeys(["person.unlink", "person.reset_second_factor"], ADMINISTRATORS),
    **dict.fromkeys(["team.create", "team.edit", "team.add_member", "team.remove_member"], ADMINISTRATORS),
    **dict.fromkeys(["team.retire", "role.grant", "role.revoke"], ADMINISTRATORS),
    **dict.fromkeys(["policy.create", "policy.edit", "policy.retire"], ADMINISTRATORS),
}


def test_every_verb_is_in_the_matrix() -> None:
    assert set(MATRIX) == {verb.name for verb in VERBS}


def test_everybody_is_in_the_matrix() -> None:
    people = {name for name, kind in Cast.__annotations__.items() if kind is Person}
    assert people == set(CHARACTERS)


def refusal(verb: Verb, call: Call, person: Person) -> str:  # noqa: F811
    """The sentence with which the service refuses this person; empty when it does what is asked."""
    subject = type(call.subject)._base_manager.get(pk=call.subject.pk)
    with taken_back():
        try:
            verb.service(Call(call.house, subject, person, call.seen))
        except NotAllowed as refused:
            return str(refused)
    return ""


def button(verb: Verb, subject: Any, person: Person) -> str | None:
    """The sentence on the button of this person, empty where it can be pressed; None where the verb has no button."""
    found: list[Any] = []
    if isinstance(subject, DeploymentRequest):
        found = request_actions.actions_for(subject, person)
    elif isinstance(subject, DeploymentRun):
        found = run_queries.actions_for(subject, person)
    elif isinstance(subject, Step):
        found = queries.step_actions(subject, person)
    return next((one.why_not for one in found if one.verb.replace("-", "_") == verb.verb), None)


@pytest.mark.parametrize("verb", VERBS, ids=str)
def test_who_may_and_who_is_told_why_not(
    verb: Verb,
    call: Call,  # noqa: F811
    door: Callable[[Person], Any],
    program: Any,  # noqa: F811
) -> None:
    people = {name: getattr(call.house.cast, name) for name in CHARACTERS}
    said = {name: refusal(verb, call, person) for name, person in people.items()}
    assert {name for name, sentence in said.items() if not sentence} == MATRIX[verb.name]
    refused = [name for name in CHARACTERS if said[name]]
    assert all(said[name].endswith(".") for name in refused)
    knocks = refused[-1]
    knocker = Doors(verb, call, door(people[knocks]), program(people[knocks]))
    before = rows()
    for name, person in people.items():
        if verb.found is None and (shown := button(verb, call.subject, person)) is not None:
            assert (shown == "") == (said[name] == ""), (
                f"{name} reads {shown!r}, the service says {said[name]!r}"
            )
    for which in open_doors(verb):
        answer = knocker.knock(which)
        assert answer.status_code == 403, f"{knocks} at the {which}: {answer.status_code}"
        told = answer.json()["detail"] if which == "api" else unescape(answer.content.decode())
        assert said[knocks] in told
    assert rows() == before


# Nobody decides about their own: who it is, what they did to the request or run, what they are told.
Own = tuple[Callable[[House], Any], str, str]


def filed_for_dana(house: House) -> DeploymentRequest:
    made = services.create_request(
        actor=house.cast.second_manager,
        application=house.claims,
        environment=house.production,
        items=[ItemDraft(kind=ItemKind.MANUAL, title="Look at it")],
        on_behalf_of=house.cast.developer,
    )
    return services.submit_request(actor=house.cast.developer, request=made)


def changed_by_sven(house: House) -> DeploymentRequest:
    made = request_in_state(house, RequestState.SUBMITTED)
    services.add_item(
        actor=house.cast.second_manager,
        request=made,
        item=ItemDraft(kind=ItemKind.MANUAL, title="Look at it"),
    )
    return made


def own_of_a_manager(house: House) -> DeploymentRequest:
    return request_in_state(house, RequestState.SUBMITTED, requester=house.cast.second_manager)


def edited_by_sven(house: House) -> DeploymentRun:
    run = run_in_state(house, "draft")
    services.add_step(actor=house.cast.second_manager, run=run, title="Call them", reason="They asked.")
    return services.propose_run(actor=house.cast.release_manager, run=run)


def proposed(house: House) -> DeploymentRun:
    return run_in_state(house, "proposed")


def submitted(house: House) -> DeploymentRequest:
    return request_in_state(house, RequestState.SUBMITTED)


OWN: Mapping[str, Own] = {
    "who asks for it": (own_of_a_manager, "second_manager", "This is your own request"),
    "who filed it for somebody": (filed_for_dana, "second_manager", "You filed this request"),
    "who changed what would be deployed": (
        changed_by_sven,
        "second_manager",
        "You changed what would be deployed",
    ),
    "a robot asked for a request": (submitted, "robot", "A robot decides nothing about requests"),
    "who composed the run": (proposed, "release_manager", "You composed this run"),
    "who edited the plan last": (edited_by_sven, "second_manager", "You were the last to edit this plan"),
    "a robot asked for a run": (proposed, "robot", "A robot never approves"),
}


@pytest.mark.parametrize(("start", "who", "told"), OWN.values(), ids=OWN.keys())
def test_nobody_approves_their_own(
    house: House,
    door: Callable[[Person], Any],
    program: Any,  # noqa: F811
    start: Callable[[House], Any],
    who: str,
    told: str,
) -> None:
    subject, person = start(house), getattr(house.cast, who)
    page, api = door(person), program(person)
    (approve,) = [verb for verb in VERBS if verb.name == f"{subject.audit_kind}.approve"]
    before = rows()
    assert told in str(button(approve, subject, person))
    noun = f"{subject.audit_kind}s/{subject.pk}"
    answers = [page.post(f"/{noun}/approve", {"version": subject.row_version}), api.call(f"{noun}/approve")]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert all(told in answer.content.decode() for answer in answers)
    assert rows() == before


def test_a_role_counts_where_it_reaches_only(house: House, door: Callable[[Person], Any]) -> None:
    """Omar is a developer of Billing: what he may there he may not in Claims, on any environment."""
    for environment in Environment.objects.all():
        with pytest.raises(NotAllowed, match="role"):
            services.create_request(
                actor=house.cast.other_developer, application=house.claims, environment=environment
            )
        services.create_request(
            actor=house.cast.other_developer, application=house.billing, environment=environment
        )
