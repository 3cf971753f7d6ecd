"""What a database says of its own tables, so that two of them can be held side by side."""

import re
from typing import Any

from django.db import connection

POSTGRESQL = {
    "columns": """
        SELECT table_name, column_name, data_type, is_nullable, column_default, character_maximum_length, is_identity
        FROM information_schema.columns WHERE table_schema = 'public'""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
}
SQLITE = {
    "indexes": "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "triggers": "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'",
}
TABLES = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
GIVEN_NAME = re.compile(r"_[0-9a-f]{8}_uniq\b")

Schema = dict[str, set[Any]]


def schema() -> Schema:
    """Kind of thing → all of that kind; the order of columns doesn't count."""
    with connection.cursor() as cursor:
        asked = POSTGRESQL if connection.vendor == "postgresql" else SQLITE
        found = {kind: set(_rows(cursor, sql)) for kind, sql in asked.items()}
        if connection.vendor == "sqlite":
            tables = _rows(cursor, TABLES)
            found["columns and constraints"] = {part for name, sql in tables for part in _parts(name, sql)}
    return found


def _rows(cursor: Any, sql: str) -> list[Any]:
    cursor.execute(sql)
    return [tuple(map(_plain, row)) for row in cursor.fetchall()]


def _plain(value: Any) -> Any:
    """PostgreSQL names what a column is made with, Django what is added to it later; nobody asks for the name."""
    return GIVEN_NAME.sub("_key", value) if isinstance(value, str) else value


def _parts(table: str, sql: str) -> set[tuple[str, str]]:
    """The lines of CREATE TABLE: SQLite keeps the words, and they are all it goes by."""
    inside = sql[sql.index("(") + 1 : sql.rindex(")")]
    parts, depth, begun = [], 0, 0
    for at, letter in enumerate(inside):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(inside[begun:at])
            begun = at + 1
    parts.append(inside[begun:])
    return {(table, re.sub(r"\s+", " ", part).strip()) for part in parts}


def differences(old: Schema, new: Schema) -> list[str]:
    """A line for each thing that only one of the two has."""
    sides = (("only in the old one", old, new), ("only in the new one", new, old))
    return [
        f"{said}: {thing}"
        for said, one, other in sides
        for kind in sorted(one)
        for thing in sorted(one[kind] - other[kind], key=str)
    ]
