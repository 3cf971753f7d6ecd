"""Every constraint and index that a model names is in the database after all migrations.

A migration that takes the index of a column away may take a constraint on the same column with it, and say nothing.
"""

import pytest
from django.apps import apps
from django.db import connection


@pytest.mark.django_db
def test_every_constraint_and_index_is_there() -> None:
    missing = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            named = {one.name for one in [*model._meta.constraints, *model._meta.indexes]}
            there = connection.introspection.get_constraints(cursor, model._meta.db_table) if named else {}
            if lacking := named - set(there):
                missing[model._meta.label] = sorted(lacking)
    assert missing == {}
