"""Several prepared statements in one way to a PostgreSQL server: they leave in one packet, and so do their answers.

psycopg's own pipeline sends each statement as soon as it hears of it, so that a server wakes as often as there are
statements, and asks after each whether something came back: on short statements that costs more than they do.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import count
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg import generators, pq
from psycopg.abc import PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result

Row = tuple[Any, ...]
Connection = psycopg.Connection[Any]
Key = tuple[str, tuple[int, ...]]  # the text of a statement, and the types of its values
# What is longer, or one of too many, is told anew each time: its kind comes in too many lengths.
MOST_VALUES, MOST_KEPT = 400, 300
_GOOD = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)
_numbers = count(1)
# By connection, the names of what its server has been told to keep.
_kept: "WeakKeyDictionary[Connection, dict[Key, bytes]]" = WeakKeyDictionary()


class Trip:
    """Statements for one way; `go` carries them out in their order. The first that fails raises, no other is done.

    Each looks for few rows, and its plan is made once: the first time, maybe while a table is still empty. So it is
    never to read one through. (When a server has counted the rows of its tables, it makes its plans anew.)
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._adapting = Transformer(connection)
        self._sent: list[Callable[[], None]] = []
        self._then: list[Callable[[Any], None]] = []  # what is done with the result of each
        self._rows: list[list[Row]] = []
        self._there = _kept.setdefault(connection, {})
        if not connection.autocommit and connection.pgconn.transaction_status == pq.TransactionStatus.IDLE:
            self._say(b"BEGIN")

    def add(self, text: str, values: Sequence[Any]) -> None:
        adapting, server = self._adapting, self._connection.pgconn
        given = adapting.dump_sequence(values, [PyFormat.AUTO] * len(values)) if values else ()
        types = (adapting.types or ()) if values else ()
        formats = adapting.formats if values else None
        key = text, tuple(types)
        name = self._there.get(key)
        if name is None and (len(values) > MOST_VALUES or len(self._there) >= MOST_KEPT):
            self._send(partial(server.send_query_params, _numbered(text), given, types, formats), self._load)
            return
        if name is None:
            name = f"releaseorch_{next(_numbers)}".encode()
            self._say(b"SET enable_seqscan = off")
            self._send(
                partial(server.send_prepare, name, _numbered(text), types), partial(self._keep, key, name)
            )
            self._send(partial(server.send_query_prepared, name, given, formats), self._load)
            self._say(b"RESET enable_seqscan")
            return
        self._send(partial(server.send_query_prepared, name, given, formats), self._load)

    def commit(self) -> None:
        """The transaction ends with this way."""
        self._say(b"COMMIT")

    def go(self) -> list[list[Row]]:
        """The rows of each."""
        server = self._connection.pgconn
        with self._connection.lock:
            server.enter_pipeline_mode()
            try:
                found = self._connection.wait(_carried_out(server, self._sent))
            finally:
                if server.status == pq.ConnStatus.OK:
                    server.exit_pipeline_mode()
        for result, then in zip(found, self._then, strict=True):
            if result.status not in _GOOD:
                raise error_from_result(result, encoding=self._connection.info.encoding)
            then(result)
        return self._rows

    def _say(self, command: bytes) -> None:
        self._send(partial(self._connection.pgconn.send_query_params, command, None), lambda _result: None)

    def _send(self, send: Callable[[], None], then: Callable[[Any], None]) -> None:
        self._sent.append(send)
        self._then.append(then)

    def _keep(self, key: Key, name: bytes, _result: Any) -> None:
        self._there[key] = name

    def _load(self, result: Any) -> None:
        if result.ntuples:
            self._adapting.set_pgresult(result)
            self._rows.append(self._adapting.load_rows(0, result.ntuples, tuple))
        else:
            self._rows.append([])


def _carried_out(server: Any, sent: Sequence[Callable[[], None]]) -> PQGen[list[Any]]:
    """For `Connection.wait`: one result of each."""
    for send in sent:
        send()
    server.pipeline_sync()
    yield from generators.send(server)
    results = []
    for _each in sent:
        (result,) = yield from generators.fetch_many(server)
        results.append(result)
    yield from generators.fetch_many(server)  # the end of the way
    return results


@lru_cache(maxsize=500)
def _numbered(text: str) -> bytes:
    """With $1, $2 … for each %s."""
    numbers = iter(range(1, text.count("%s") + 1))
    return re.sub("%s", lambda _place: f"${next(numbers)}", text).encode()
