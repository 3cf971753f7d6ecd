"""What no door takes: a clear 4xx through page and API each, and nothing changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from releaseorch.catalog import services as catalog
from releaseorch.delivery import services
from releaseorch.delivery.models import DeploymentRequest
from releaseorch.delivery.states import RequestState
from releaseorch.runs.models import DeploymentRun, Step
from tests.doors.conftest import rows
from tests.doors.run_verbs import ADDED, FIRST, SECOND, draft
from tests.doors.step_verbs import claimed
from tests.doors.table import VERBS
from tests.doors.verbs import Call
from tests.factories import House
from tests.histories import request_in_state
from tests.web.addresses import addresses

pytestmark = pytest.mark.django_db
BEYOND_IDS = 2**63
PEOPLE = ("developer", "release_manager", "second_manager", "operator")


@dataclass(frozen=True)
class World:
    """One of each thing that a door can be knocked at for."""

    house: House
    request: DeploymentRequest  # submitted
    empty: DeploymentRequest  # a draft without a line
    run: DeploymentRun  # a draft with three steps
    step: Step  # taken by Olga
    pages: dict[str, Any]
    programs: dict[str, Any]

    def post(self, who: str, path: str, **form: Any) -> Any:
        return self.pages[who].post(path, form)

    def call(self, who: str, path: str, **body: Any) -> Any:
        return self.programs[who].call(path, body)


@pytest.fixture
def world(house: House, door: Any, program: Any) -> World:
    run = draft(house)
    return World(
        house,
        request_in_state(house, RequestState.SUBMITTED, environment=house.acceptance),
        request_in_state(house, RequestState.DRAFT, items=[]),
        run,
        claimed(house),
        {who: door(getattr(house.cast, who)) for who in PEOPLE},
        {who: program(getattr(house.cast, who)) for who in PEOPLE},
    )


@contextmanager
def nothing_changes() -> Iterator[None]:
    before = rows()
    yield
    assert rows() == before


def is_refused(answer: Any, *statuses: int) -> None:
    said = answer.content.decode()
    assert answer.status_code in statuses, said[-1500:]
    assert "Traceback" not in said
    if answer["Content-Type"].startswith("application/"):
        assert answer.json()["detail"].strip()


@dataclass(frozen=True)
class Place:
    """Somewhere a text is typed: both addresses, the field, what else is given."""

    who: str
    page: str
    api: str
    field: str
    more: dict[str, Any]
    method: str = "post"
    is_line: bool = False

    def knock(self, world: World, text: str) -> list[Any]:
        given = {**self.more, self.field: text}
        page = world.pages[self.who].post(self.page.format(world=world), given)
        client = world.programs[self.who]
        api = getattr(client, self.method)(f"/api/v1/{self.api.format(world=world)}", given, format="json")
        return [page, api]


STEP, RUN, REQUEST = "steps/{world.step.pk}/", "runs/{world.run.pk}/", "requests/{world.request.pk}/"
PLACES = {
    "a reason of a request": Place("developer", f"/{REQUEST}withdraw", f"{REQUEST}withdraw", "reason", {}),
    "a comment on a request": Place("developer", f"/{REQUEST}comment", f"{REQUEST}comment", "text", {}),
    "a comment with an approval": Place(
        "release_manager", f"/{REQUEST}approve", f"{REQUEST}approve", "comment", {}
    ),
    "the title of a run": Place(
        "release_manager", f"/{RUN}edit", "runs/{world.run.pk}", "title", {}, "patch", True
    ),
    "the title of a step": Place(
        "release_manager",
        f"/{RUN}add-step",
        f"{RUN}add-step",
        "title",
        {"reason": "They asked."},
        is_line=True,
    ),
    "a comment on a run": Place("developer", f"/{RUN}comment", f"{RUN}comment", "text", {}),
    "the title of a line": Place(
        "developer", f"/{REQUEST}add-item", f"{REQUEST}add-item", "title", {"kind": "manual"}, is_line=True
    ),
    "the note of a step": Place("operator", f"/{STEP}failed", f"{STEP}failed", "note", {}),
    "a reason of a step": Place("operator", f"/{STEP}hand-back", f"{STEP}hand-back", "reason", {}),
}
TEXTS = {"far too long": "x" * 20_000, "NUL": "a\x00b", "a bell": "a\x07b", "an escape": "a\x1b[31mb"}
LINES = {
    "10,000 characters": "x" * 10_000,
    "a right-to-left mark": "a\u202eb",
    "an invisible character": "a\u200bb",
    "a line separator": "a\u2028b",
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
def test_a_text_that_cannot_be_kept_is_refused_at_both_doors(world: World, place: Place) -> None:
    with nothing_changes():
        for text in [*TEXTS.values(), *(LINES.values() if place.is_line else ())]:
            for answer in place.knock(world, text):
                is_refused(answer, 400, 422)


@pytest.mark.parametrize("place", ["a comment on a request", "a comment on a run"])
def test_what_only_looks_dangerous_is_kept_and_shown_inert(world: World, place: str) -> None:
    hostile = "<script>alert(1)</script>{{7*7}}${7*7}\u202e%s"
    for answer in PLACES[place].knock(world, hostile):
        assert answer.status_code in {200, 303}
    subject = f"/requests/{world.request.pk}" if "request" in place else f"/runs/{world.run.pk}"
    shown = world.pages["developer"].get(subject).content.decode()
    assert shown.count("&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}${7*7}") >= 2
    assert "<script>alert(1)" not in shown


def test_a_request_without_a_line_is_not_submitted(world: World) -> None:
    with nothing_changes():
        is_refused(world.post("developer", f"/requests/{world.empty.pk}/submit"), 422)
        is_refused(world.call("developer", f"requests/{world.empty.pk}/submit"), 422)


def test_a_form_that_files_and_submits_nothing_leaves_no_draft_behind(world: World) -> None:
    with nothing_changes():
        form = {
            "application": world.house.claims.pk,
            "environment": world.house.production.pk,
            "lines": 0,
            "do": "submit",
        }
        is_refused(world.pages["developer"].post("/requests/new", form), 422)


def test_a_version_that_is_unknown_blocked_or_of_another_component_is_no_line(world: World) -> None:
    house = world.house
    blocked = house.version(house.claims_web, "6.6.6")
    catalog.block_version(actor=house.cast.qa, version=blocked, reason="Loses payouts.")
    foreign = house.version(house.billing_api, "1.1.1")
    with nothing_changes():
        path, component = f"requests/{world.request.pk}/add-item", house.claims_web.pk
        for version in (2**62, blocked.pk, foreign.pk):
            is_refused(world.post("developer", f"/{path}", component_version=version), 422)
            is_refused(world.call("developer", path, component_id=component, version_id=version), 422)


def test_steps_that_would_wait_for_each_other_are_named(world: World) -> None:
    key = {title: world.run.steps.get(title=title).key for title in (FIRST, SECOND, ADDED)}
    services.add_link(
        actor=world.house.cast.release_manager,
        run=world.run,
        before=key[SECOND],
        after=key[ADDED],
        reason="In turn.",
    )
    with nothing_changes():
        wrong = {"before": key[ADDED], "after": key[FIRST], "reason": "The other way round."}
        path = f"runs/{world.run.pk}/add-link"
        for answer in (
            world.post("release_manager", f"/{path}", **wrong),
            world.call("release_manager", path, **wrong),
        ):
            is_refused(answer, 422)
            for title in key:
                assert title in answer.content.decode()


def test_an_id_beyond_what_is_stored_is_nowhere(world: World) -> None:
    with nothing_changes():
        for path, field in [
            (f"requests/{world.request.pk}/remove-item", "item"), (f"runs/{world.run.pk}/take-out", "request"),
        ]:  # fmt: skip
            more = (
                {field: BEYOND_IDS, "reason": "It is too large."}
                if field == "request"
                else {field: BEYOND_IDS}
            )
            is_refused(world.post("release_manager", f"/{path}", **more), 400, 404, 409, 422)
            is_refused(world.call("release_manager", path, **more), 400)
        for path in (f"requests/{BEYOND_IDS}/submit", f"runs/{BEYOND_IDS}/start", f"steps/{BEYOND_IDS}/take"):
            is_refused(world.post("release_manager", f"/{path}"), 404)
            is_refused(world.call("release_manager", path), 404)


BODIES = {
    "not JSON": "{",
    "a list": "[]",
    "a text": '"submit"',
    "nothing": "null",
    "NUL": '{"reason": "a\\u0000b"}',
    "half a character": '{"reason": "a\\ud800b"}',
    "a key twice": '{"reason": "one", "reason": "two"}',
    "200,000 deep": '{"reason": ' + "[" * 200_000,
    "an unknown field": '{"surprise": 1}',
    "a state": '{"state": "approved"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_no_verb_of_the_api_takes_a_body_that_it_does_not_know(world: World, body: str) -> None:
    client, tried = world.programs["release_manager"], 0
    doors = [
        one
        for one in addresses()
        if one.is_api and not one.name.endswith(("-log", "-chain", "schema", "docs"))
    ]
    every = 5 if len(body) > 10_000 else 1  # a large one is slow to read, and it is the same reader
    with nothing_changes():
        for one in doors[::every]:
            answer = client.post(one.path, body, content_type="application/json")
            if answer.status_code == 405:
                continue
            tried += 1
            is_refused(answer, 400, 404, 422)
        assert tried >= 40 // every


def test_an_unknown_field_is_refused_by_name_not_ignored(world: World) -> None:
    """Every verb of the table with a body that would do, and one word more."""
    subjects = {"request": world.request, "run": world.run, "step": world.step}
    tried = 0
    with nothing_changes():
        for verb in VERBS:
            subject = subjects.get(verb.name.split(".")[0])
            if verb.api is None or subject is None or verb.found is not None:
                continue
            person = getattr(world.house.cast, verb.who)
            try:
                said = dict(verb.api(Call(world.house, subject, person)))
            except (Step.DoesNotExist, AttributeError):
                continue
            client = world.programs[verb.who]
            path = f"/api/v1/{verb.path(verb.api_path, subject)}"
            answer = getattr(client, verb.api_method)(path, {**said, "surprise": 1}, format="json")
            is_refused(answer, 422)
            assert answer.json()["errors"].get("surprise") == ["There is no such field."], verb
            tried += 1
        assert tried >= 35
