"""The store on PostgreSQL: the time of the statement, not of its transaction."""

from typing import ClassVar

from releaseorch.runs.store.base import Store


class PostgresqlStore(Store):
    now: ClassVar[str] = "clock_timestamp()"
    shifted: ClassVar[str] = "clock_timestamp() + make_interval(secs => %s)"
