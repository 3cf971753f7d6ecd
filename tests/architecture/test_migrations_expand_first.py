"""Migrations expand, and contract only when no version that is still running asks for what goes.

Old pages and workers live beside new tables: for a minute during an upgrade, longer on other hosts.
"""

import pytest
from django.db.migrations import AddField, DeleteModel, Migration, RemoveField, RenameField, RenameModel
from django.db.migrations.loader import MigrationLoader

# The newest migration of each app when the rule began; what came before them is applied with the pages stopped.
BEFORE = {
    "accounts": "0007", "api": "0001", "audit": "0001", "catalog": "0005", "core": "0001", "delivery": "0003",
    "environments": "0007", "features": "0004", "integrations": "0001", "notifications": "0002", "policies": "0001",
    "runs": "0003", "waiting": "0001", "web": "0001",
}  # fmt: skip
# (app, name) of those that take away what the version before them didn't use any more.
CONTRACTING: frozenset[tuple[str, str]] = frozenset()
TAKES_AWAY = (DeleteModel, RemoveField, RenameField, RenameModel)


def faults(app: str, migration: Migration) -> list[str]:
    found = []
    for operation in migration.operations:
        if isinstance(operation, AddField) and not (operation.field.null or operation.field.has_db_default()):
            found.append(f"{operation.describe()}: old code leaves it out; give it null=True or a db_default")
        elif isinstance(operation, TAKES_AWAY) and (app, migration.name) not in CONTRACTING:
            found.append(f"{operation.describe()}: old code still asks for it; do so a version later")
    return found


def ours() -> dict[tuple[str, str], Migration]:
    found = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    return {key: one for key, one in found.items() if one.__module__.startswith("releaseorch.")}


def test_new_migrations_leave_old_code_its_tables() -> None:
    said = [
        f"{app}.{name}: {fault}"
        for (app, name), migration in sorted(ours().items())
        if name[:4] > BEFORE.get(app, "") and not migration.replaces
        for fault in faults(app, migration)
    ]
    assert not said, "\n".join(said)


@pytest.mark.parametrize(
    ("app", "name", "said"),
    [
        ("catalog", "0004_procedure_step_connection", ["Add field connection to procedurestep"]),
        ("accounts", "0002_retired_teams_revoked_roles", []),  # columns that may be empty
    ],
)
def test_the_rule_finds_what_it_is_for(app: str, name: str, said: list[str]) -> None:
    assert [fault.partition(":")[0] for fault in faults(app, ours()[app, name])] == said
