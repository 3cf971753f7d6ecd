"""The engine's statements behind one interface, for the database that is connected."""

from django.db import connection

from releaseorch.runs.store.base import Store
from releaseorch.runs.store.claims import BeforeClaim, Claim, Ending, Worker
from releaseorch.runs.store.postgresql import PostgresqlStore
from releaseorch.runs.store.sqlite import SqliteStore

__all__ = ["BeforeClaim", "Claim", "Ending", "Store", "Worker", "store"]

_STORES: dict[str, Store] = {"sqlite": SqliteStore(), "postgresql": PostgresqlStore()}


def store() -> Store:
    return _STORES[connection.vendor]
