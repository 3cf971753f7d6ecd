"""The store on PostgreSQL: the time of the statement, not of its transaction."""

from typing import ClassVar

from releaseorch.runs.store.base import Store


class PostgresqlStore(Store):
    now: ClassVar[str] = "clock_timestamp()"
    later: ClassVar[str] = "GREATEST"
    shifted: ClassVar[str] = "clock_timestamp() + make_interval(secs => %s)"
    locking_run: ClassVar[str] = " FOR UPDATE OF runs_deploymentrun"
