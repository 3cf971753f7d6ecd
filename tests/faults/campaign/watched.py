"""Where a process of the product is, seen from outside of its code: by its statements, commits, messages and answers.

Nothing of the product is replaced, so its code may be rewritten; a crash point that is never reached any more fails the
campaign.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from celery.signals import before_task_publish, task_prerun
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from tests.faults.campaign import clocks, defects, messages, points

# What a statement means; its transaction is then at the point NAME.before-commit, and later NAME.after-commit.
STATEMENTS = {
    "claim": re.compile(r"\s*INSERT INTO runs_attempt\b"),
    "intent": re.compile(r"\s*UPDATE runs_attempt SET effect_started_at\b"),
    "finish": re.compile(r"\s*UPDATE runs_attempt SET state\b"),
    "seal": re.compile(r'\s*INSERT INTO "audit_seal"'),
}
EVENT = re.compile(r'\s*INSERT INTO "audit_event"')
VERBS = frozenset({"request.approved", "run.approved", "run.started", "step.retried"})


def begin() -> None:
    connection_created.connect(_watch, weak=False)
    task_prerun.connect(_received, weak=False)
    before_task_publish.connect(_publishes, weak=False)
    messages.begin()
    defects.plant()


def _received(**_said: Any) -> None:
    points.reached("received")


def _publishes(**_said: Any) -> None:
    points.reached("before-publish")


def marks_of(sql: str, params: Any) -> set[str]:
    found = {name for name, pattern in STATEMENTS.items() if pattern.match(sql)}
    if EVENT.match(sql) and isinstance(params, Sequence):
        found |= VERBS & {value for value in params if isinstance(value, str)}
    return found


def _watch(connection: BaseDatabaseWrapper, **_said: Any) -> None:
    """Once per connection object, however often it reaches the server anew."""
    if getattr(connection, "is_watched_by_campaign", False):
        return
    connection.is_watched_by_campaign = True  # type: ignore[attr-defined]
    marks: set[str] = set()

    def see(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        marks.update(marks_of(sql, params))
        sql = defects.rewritten(sql)
        if connection.in_atomic_block or not marks:
            return execute(sql, params, many, context)
        return _around(marks, lambda: execute(sql, params, many, context))

    commit, rollback = connection._commit, connection._rollback

    def commits() -> Any:
        return _around(marks, commit)

    def rolls_back() -> Any:
        marks.clear()
        return rollback()

    connection.execute_wrappers.append(see)
    connection._commit, connection._rollback = commits, rolls_back  # type: ignore[method-assign]


def _around(marks: set[str], commit: Callable[[], Any]) -> Any:
    passed = sorted(marks)
    marks.clear()
    for name in passed:
        points.reached(f"{name}.before-commit")
    done = commit()
    clocks.tell()
    for name in passed:
        points.reached(f"{name}.after-commit")
    return done


class BeforeAnswer:
    """The last thing before a write is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.get_response(request)
        if request.method == "POST" and answer.status_code < 300:
            points.reached("before-answer")
        return answer
