"""The store on SQLite: times are texts, in the form in which Django writes them."""

from typing import ClassVar

from releaseorch.runs.store.base import Store


class SqliteStore(Store):
    now: ClassVar[str] = "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"
    later: ClassVar[str] = "MAX"
    shifted: ClassVar[str] = "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', %s || ' seconds')"
    locking_run: ClassVar[str] = ""
    after: ClassVar[str] = "IN (SELECT after_id FROM runs_steplink WHERE before_id = %s)"
