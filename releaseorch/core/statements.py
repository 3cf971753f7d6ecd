"""Statements as text, for the few paths on which each millisecond counts: prepared, several in one way to the server.

On SQLite they are carried out one by one; there is no way to go.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from typing import Any, Generic, TypeVar

import psycopg
from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

Row = tuple[Any, ...]
Statement = tuple[str, Sequence[Any]]
M = TypeVar("M", bound=Model)


def run(text: str, values: Sequence[Any] = ()) -> list[Row]:
    """Carry out one; the rows it answers with."""
    return run_all((text, values))[0]


def run_all(*statements: Statement) -> list[list[Row]]:
    """Carry out these in their order, none of which needs what another one answered; the rows of each.

    On PostgreSQL they go out together. The first that fails raises, and the others are not carried out.
    """
    if connection.vendor != "postgresql" or connection.queries_logged:
        return [_alone(*statement) for statement in statements]
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        if len(statements) == 1:
            return [_rows(_sent(*statements[0]))]
        with connection.connection.pipeline():
            sent = [_sent(*statement) for statement in statements]
        return [_rows(cursor) for cursor in sent]


_later: ContextVar[list[Statement] | None] = ContextVar("later", default=None)


@contextmanager
def at_the_end() -> Iterator[None]:
    """Inside, within one transaction, what is put off waits; at the end it is carried out, all together."""
    waiting: list[Statement] = []
    token = _later.set(waiting)
    try:
        yield
    finally:
        _later.reset(token)
    if waiting:
        run_all(*waiting)


def put_off(*statements: Statement) -> None:
    """Carry out these when `at_the_end` comes, where somebody waits for it; else now."""
    waiting = _later.get()
    if waiting is None:
        run_all(*statements)
    else:
        waiting.extend(statements)


def _alone(text: str, values: Sequence[Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return list(cursor.fetchall()) if cursor.description else []


def _sent(text: str, values: Sequence[Any]) -> "psycopg.Cursor[Any]":
    """Through the wrappers of the connection, as each statement of Django's."""
    cursor = psycopg.Cursor(connection.connection)

    def execute(sql: str, params: Sequence[Any], _many: bool, _context: dict[str, Any]) -> Any:
        return cursor.execute(sql, params, prepare=True)

    wrapped: Callable[..., Any] = execute
    for wrapper in reversed(connection.execute_wrappers):
        wrapped = partial(wrapper, wrapped)
    wrapped(text, values, False, {"connection": connection, "cursor": cursor})
    return cursor


def _rows(cursor: "psycopg.Cursor[Any]") -> list[Row]:
    """Without `description`, which makes an object of each column."""
    answer = cursor.pgresult
    return cursor.fetchall() if answer is not None and answer.nfields else []


def places(values: Sequence[object]) -> str:
    return ", ".join(["%s"] * len(values))


class Reading(Generic[M]):
    """Rows of a model with what it is joined to, as a query would give them; the query is made once, not each time."""

    def __init__(self, make: Callable[[], "QuerySet[M]"]) -> None:
        """`make`: without conditions and values; in no order."""
        self._of = cache(lambda _vendor: _Compiled(make().order_by()))

    def where(self, condition: str, values: Sequence[Any]) -> Statement:
        """Its statement with this condition, whatever may follow it included."""
        compiled: _Compiled[M] = self._of(connection.vendor)
        return f"{compiled.text} WHERE {condition}", values

    def made_of(self, rows: Iterable[Row]) -> list[M]:
        """The objects of which these are the rows."""
        compiled: _Compiled[M] = self._of(connection.vendor)
        return compiled.made_of(rows)


class _Compiled(Generic[M]):
    """What Django makes of a query, for one kind of database."""

    def __init__(self, query: "QuerySet[M]") -> None:
        compiler = query.query.get_compiler(connection.alias)
        self.text, values = compiler.as_sql()
        if values:
            raise ValueError("A query that is made once has no values.")
        select, found = compiler.select, compiler.klass_info
        columns = found["select_fields"]
        self._model: type[M] = found["model"]
        self._own = slice(columns[0], columns[-1] + 1)
        self._names = [column[0].target.attname for column in select[self._own]]
        self._related = get_related_populators(found, select, connection.alias)  # type: ignore[call-arg]
        converters = compiler.get_converters([column[0] for column in select])
        self._converters = [
            (place, one, column) for place, (each, column) in converters.items() for one in each
        ]

    def made_of(self, rows: Iterable[Row]) -> list[M]:
        made = []
        for row in map(list, rows):
            for place, convert, column in self._converters:
                row[place] = convert(row[place], column, connection)
            one = self._model.from_db(connection.alias, self._names, row[self._own])
            for populator in self._related:
                populator.populate(row, one)
            made.append(one)
        return made
