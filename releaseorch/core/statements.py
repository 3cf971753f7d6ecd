"""Statements as text, for the few paths on which each millisecond counts: prepared, several in one way to the server.

On SQLite they are carried out one by one; there is no way to go.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from itertools import islice
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

from releaseorch.core.trips import Trip

Row = tuple[Any, ...]
Statement = tuple[str, Sequence[Any]]
M = TypeVar("M", bound=Model)
T = TypeVar("T")
# Work that says which statements it needs next, is sent their rows, and goes on.
Asking = Generator[Sequence[Statement], list[list[Row]], T]


def run(text: str, values: Sequence[Any] = ()) -> list[Row]:
    """Carry out one; the rows it answers with."""
    return run_all((text, values))[0]


def run_all(*statements: Statement, commits: bool = False) -> list[list[Row]]:
    """Carry out these in their order, none of which needs what another one answered; the rows of each.

    On PostgreSQL they go out together. The first that fails raises, and the others are not carried out. `commits`:
    the transaction ends with them, where nothing wants to see its end alone.
    """
    db = connections[DEFAULT_DB_ALIAS]
    if db.vendor != "postgresql" or db.queries_logged:
        return [_alone(*statement) for statement in statements]
    db.ensure_connection()
    db.validate_no_broken_transaction()
    with db.wrap_database_errors:
        trip = Trip(db.connection)
        for text, values in statements:
            _add(db, trip, text, values)
        if commits and _may_end(db):
            trip.commit()
        return trip.go()


def _may_end(db: BaseDatabaseWrapper) -> bool:
    """Whether this is the end of an outermost transaction that nobody watches; Django's commit then finds it done."""
    is_outermost = db.in_atomic_block and db.commit_on_exit and not db.savepoint_ids
    return is_outermost and not db.needs_rollback and not db.execute_wrappers


def asked(work: Asking[T]) -> T:
    """Carry out what it asks for."""
    return in_step([work])[0]


def in_step(works: Sequence[Asking[T]]) -> list[T]:
    """Carry out what these ask for, in their order; what they ask for in the same round goes out together."""
    results: dict[int, T] = {}
    wanted: dict[int, Sequence[Statement]] = {}
    rows: Iterator[list[Row]] = iter(())
    while len(results) < len(works):
        for place, work in enumerate(works):
            if place in results:
                continue
            try:
                # With nothing before it has asked for something.
                told = list(islice(rows, len(wanted[place]))) if place in wanted else None
                wanted[place] = work.send(told)  # type: ignore[arg-type]
            except StopIteration as over:
                results[place] = over.value
                wanted.pop(place, None)
        together = [statement for statements in wanted.values() for statement in statements]
        rows = iter(run_all(*together) if together else [])
    return [results[place] for place in range(len(works))]


_later: ContextVar[list[Statement] | None] = ContextVar("later", default=None)


@contextmanager
def at_the_end(*, commits: bool = False) -> Iterator[None]:
    """Inside, within one transaction, what is put off waits; at the end it is carried out, all together.

    `commits`: nothing of the transaction comes after it.
    """
    waiting: list[Statement] = []
    token = _later.set(waiting)
    try:
        yield
    finally:
        _later.reset(token)
    if waiting:
        run_all(*waiting, commits=commits)


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


def _add(db: BaseDatabaseWrapper, trip: Trip, text: str, values: Sequence[Any]) -> None:
    """Through the wrappers of the connection, as each statement of Django's."""
    if not db.execute_wrappers:
        trip.add(text, values)
        return

    def execute(sql: str, params: Sequence[Any], _many: bool, _context: dict[str, Any]) -> None:
        trip.add(sql, params)

    wrapped: Callable[..., Any] = execute
    for wrapper in reversed(db.execute_wrappers):
        wrapped = partial(wrapper, wrapped)
    wrapped(text, values, False, {"connection": db, "cursor": None})


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
