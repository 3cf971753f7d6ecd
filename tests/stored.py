"""Everything that is stored, read raw: tests compare it to say that nothing was changed."""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import Model

Rows = dict[str, list[tuple[Any, ...]]]


def rows_of(models: Iterable[type[Model]]) -> Rows:
    """The label of each model → its rows in the order of their keys, as the database gives them."""
    quote = connection.ops.quote_name
    found = {}
    with connection.cursor() as cursor:
        for model in models:
            meta = model._meta
            columns = ", ".join(quote(field.column) for field in meta.concrete_fields)
            cursor.execute(f"SELECT {columns} FROM {quote(meta.db_table)} ORDER BY {quote(meta.pk.column)}")
            found[meta.label] = cursor.fetchall()
    return found
