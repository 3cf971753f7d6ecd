"""Each lifecycle is drawn in its model's docstring as its table says, and each move has somebody who makes it."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import releaseorch
from releaseorch.core.transitions import Move
from releaseorch.delivery.models import DeploymentRequest, PlanChange
from releaseorch.delivery.states import (
    CHANGE_MOVES,
    REQUEST_BEFORE_DEPLOYING,
    REQUEST_MOVES,
    ChangeState,
    RequestState,
)
from releaseorch.features.models import Release
from releaseorch.features.states import RELEASE_MOVES, ReleaseState
from releaseorch.runs.models import Attempt, Confirmation, DeploymentRun, Step
from releaseorch.runs.states import (
    ATTEMPT_MOVES,
    CONFIRMATION_MOVES,
    RUN_BEFORE_START,
    RUN_MOVES,
    STEP_MOVES,
    AttemptState,
    ConfirmationState,
    RunState,
    StepState,
)

LIFECYCLES = [
    (DeploymentRequest, REQUEST_MOVES, RequestState),
    (PlanChange, CHANGE_MOVES, ChangeState),
    (Release, RELEASE_MOVES, ReleaseState),
    (DeploymentRun, RUN_MOVES, RunState),
    (Step, STEP_MOVES, StepState),
    (Attempt, ATTEMPT_MOVES, AttemptState),
    (Confirmation, CONFIRMATION_MOVES, ConfirmationState),
]
# Words of the drawings that stand for several states.
GROUPS = {
    "before deploying": REQUEST_BEFORE_DEPLOYING,
    "draft … scheduled": RUN_BEFORE_START,
}
# Moves that nobody makes yet, and why.
NOT_YET = {
    "expire": "A request ends with its milestone or window by a rule; the rules come later.",
    "supersede": "A later request that covers an earlier one is found by promotion, which comes later.",
}
SOURCES = Path(releaseorch.__file__).parent


def drawn(docstring: str, states: set[str]) -> set[tuple[str, str]]:
    """The arrows of a drawing: `a | b → c (why)`, `a ⇄ b`, `kind: …`; remarks in brackets don't count."""
    found: set[tuple[str, str]] = set()
    for sentence in re.split(r"[;\n]", re.sub(r"\([^)]*\)", "", docstring)):
        for part in sentence.split(", or "):
            found |= set(_arrows(part, states))
    return found


def _arrows(part: str, states: set[str]) -> Iterator[tuple[str, str]]:
    if "before deploying:" in part:
        part = part.replace("before deploying:", "before deploying →")
    places = re.split(r"(→|⇄)", part)
    for left, arrow, right in zip(places[::2], places[1::2], places[2::2], strict=False):
        for first in _states(left, states):
            for second in _states(right, states):
                yield first, second
                if arrow == "⇄":
                    yield second, first


def _states(text: str, states: set[str]) -> set[str]:
    found = {state for words, group in GROUPS.items() if words in text for state in map(str, group)}
    if found:
        return found
    return {word for word in re.findall(r"[a-z_]+", text.split(":")[-1].split(",")[0]) if word in states}


def arrows(table: Mapping[str, Move]) -> set[tuple[str, str]]:
    return {(source, move.target) for move in table.values() for source in move.sources}


@pytest.mark.parametrize(
    ("model", "table", "states"), LIFECYCLES, ids=[row[0].__name__ for row in LIFECYCLES]
)
def test_the_drawing_shows_every_arrow_of_the_table_and_no_other(model, table, states) -> None:
    shown = drawn(model.__doc__, set(states.values))
    assert shown - arrows(table) == set(), "drawn, but not in the table"
    assert arrows(table) - shown == set(), "in the table, but not drawn"


def _sources_text() -> str:
    return "\n".join(
        path.read_text()
        for app in ("delivery", "features", "runs")
        for path in sorted((SOURCES / app).rglob("*.py"))
        if path.name != "states.py" and path.parent.name not in {"models", "migrations"}
    )


def test_every_move_is_made_by_somebody_or_says_why_not() -> None:
    """A move is made by its name: `go(run, "start")`, `request_moves.move(request, "plan")`, a guarded statement."""
    text = _sources_text()
    named = {name for _model, table, _states in LIFECYCLES for name in table}
    unused = {name for name in named if not re.search(rf"""["']{name}["']""", text)}
    decided = {
        "retry",
        "take_over",
        "mark_done",
        "skip",
        "mark_failed",
    }  # by the value of the decision's kind
    assert unused - decided == set(NOT_YET)
