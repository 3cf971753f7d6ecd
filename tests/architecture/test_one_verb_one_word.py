"""One verb, one word: service, page, API, permission and audit say the same; what doesn't stands here, and why."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from releaseorch.accounts.policy import ROLES
from tests.doors.table import VERBS
from tests.doors.verbs import Verb

PAST = {
    "begin": "begun", "cancel": "cancelled", "done": "done", "failed": "failed", "forget": "forgotten",
    "replan": "replanned", "reset": "reset",
    "retry": "retried", "send": "sent", "set": "set", "skip": "skipped", "stop": "stopped", "submit": "submitted",
    "take": "taken", "withdraw": "withdrawn",
}  # fmt: skip
SERVICES = {
    "run.create": "compose_run",  # it is made by composing it of requests
    "run.take_out": "take_out_request",  # what is taken out is the request
    "release.set_cut_offs": "set_release_milestones",  # a cut-off is one of its milestones
    "version.register": "register_version_with_features",  # the catalog's own knows no features
}
EVENTS = {
    **dict.fromkeys(
        ["run.add_step", "run.remove_step", "run.move_step", "run.edit_step", "run.add_link", "run.remove_link"],
        "run.plan_edited",  # one history of the plan; each event says which edit it was
    ),
    "run.fix_forward": "run.fixed_forward",
    "run.finish": "run.let_finish",  # it isn't finished then
    "run.take_out": "run.request_taken_out",  # what is taken out is the request
}  # fmt: skip
# Verbs that are one right together, since nobody would grant them apart: the right → its verbs.
RIGHTS = {
    "request.edit": ["request.add_item", "request.remove_item", "request.move_item"],
    "run.edit": [
        "run.replan", "run.add_request", "run.add_step", "run.remove_step", "run.move_step", "run.edit_step",
        "run.add_link", "run.remove_link",
    ],
    "step.decide": [
        "step.retry", "step.retry_from", "step.skip", "step.take_over", "step.mark_done", "step.mark_failed",
        "step.confirm", "step.decline", "step.review",
    ],
    "step.take": ["step.done", "step.failed"],  # who has taken it says how it went
    "step.reassign": ["step.hand_back"],  # besides its owner
    "release.edit": [
        "release.create", "release.set_cut_offs", "release.set_features", "feature.move", "release.lock",
        "release.begin", "release.complete", "release.complete_with_exceptions", "release.abandon",
    ],
    "feature.edit": [
        "feature.create", "feature.set_status", "feature.add_application", "feature.remove_application",
    ],
    "version.block": ["version.unblock"],
    "person.edit": [
        "person.create", "person.deactivate", "person.reactivate", "person.unlink", "person.reset_second_factor",
    ],
    "team.edit": ["team.create", "team.retire", "team.add_member", "team.remove_member"],
    "policy.edit": ["policy.create", "policy.retire"],
    "role.grant": ["role.revoke"],
    "environment.edit": [
        "environment.create", "environment.retire", "environment.restore", "target.create", "target.edit",
        "target.retire", "placement.create", "placement.edit", "placement.remove", "connection.create",
        "connection.edit", "connection.remove", "connection.set_secret", "connection.forget_secret",
    ],
    "application.edit": [
        "application.create", "application.retire", "application.restore", "component.create", "component.edit",
        "component.retire", "component.restore", "component.add_dependency", "component.remove_dependency",
        "procedure.create", "procedure.edit",
    ],
}  # fmt: skip
MAKING = {"create", "register", "grant"}  # POST to all of them; a page calls the empty form "new"


@pytest.mark.parametrize("verb", VERBS, ids=str)
def test_every_door_has_the_same_word(verb: Verb) -> None:
    assert services_of(verb) & set(names_called(verb.service))
    assert verb.event in events_of(verb)
    if verb.page is not None:
        made = {"new"} if verb.verb in MAKING else set()
        assert last_word(verb.page_path, verb) in {verb.verb, *made}
    if verb.api is not None and (verb.verb, verb.api_method) != ("edit", "patch") and verb.verb not in MAKING:
        assert last_word(verb.api_path, verb) == verb.verb


@pytest.mark.parametrize("verb", VERBS, ids=str)
def test_every_verb_has_one_right_that_is_granted(verb: Verb) -> None:
    own = [verb.name] if verb.name in ROLES else []
    shared = [right for right, verbs in RIGHTS.items() if verb.name in verbs]
    assert len(own + shared) == 1
    assert set(shared) <= set(ROLES)


def test_no_exception_outlives_its_verb() -> None:
    names = {verb.name for verb in VERBS}
    listed = {*SERVICES, *EVENTS, *(name for verbs in RIGHTS.values() for name in verbs)}
    assert listed - names == set()


def services_of(verb: Verb) -> set[str]:
    """approve_request; set_feature_status; where the verb names its own object: add_item."""
    noun = verb.name.split(".")[0]
    first, _, rest = verb.verb.partition("_")
    alone = {verb.verb, f"{first}_{noun}_{rest}"} if rest or noun == "inventory" else set()
    return {SERVICES.get(verb.name, f"{verb.verb}_{noun}"), *alone}


def events_of(verb: Verb) -> set[str]:
    """request.approved; request.sent_back; where the verb names its own object: request.item_added."""
    noun = verb.name.split(".")[0]
    first, _, rest = verb.verb.partition("_")
    past = PAST.get(first, f"{first}d" if first.endswith("e") else f"{first}ed")
    said = {f"{past}_{rest}", f"{rest}_{past}"} if rest else {past}
    return {EVENTS[verb.name]} if verb.name in EVENTS else {f"{noun}.{one}" for one in said}


def last_word(pattern: str, verb: Verb) -> str:
    subject: Any = SimpleNamespace(pk=1, slug="it", feature_id=1, component_id=1, environment_id=1)
    path = verb.path(pattern, subject).partition("?")[0]
    return path.rsplit("/", 1)[-1].replace("-", "_")


def names_called(function: Callable[..., Any]) -> Iterator[str]:
    """The names that the row's call of its service speaks of, through the helpers of the tables."""
    yield from function.__code__.co_names
    for cell in function.__closure__ or ():
        held = cell.cell_contents
        if callable(held):
            yield held.__name__
            if held.__module__.startswith("tests."):
                yield from names_called(held)
