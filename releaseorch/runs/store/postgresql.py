"""The store on PostgreSQL: the time of the statement, not of its transaction."""

from typing import ClassVar

from releaseorch.runs.store.base import Store


class PostgresqlStore(Store):
    now: ClassVar[str] = "clock_timestamp()"
    later: ClassVar[str] = "GREATEST"
    shifted: ClassVar[str] = "clock_timestamp() + make_interval(secs => %s)"
    locking_run: ClassVar[str] = " FOR UPDATE OF runs_deploymentrun"
    # As an array, which is there before anything else is looked for.
    after: ClassVar[str] = "= ANY (ARRAY(SELECT after_id FROM runs_steplink WHERE before_id = %s))"
