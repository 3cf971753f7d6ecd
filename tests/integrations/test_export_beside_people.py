"""While tables are exported everybody else goes on writing, and the export tells of one moment."""

import pytest
from django.db import connection

from releaseorch.accounts.models import Team
from releaseorch.integrations.tables import book, exporting
from tests.factories import TeamFactory
from tests.integrations.workbooks import cells

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def somebody_else():
    other = connection.copy()
    if other.vendor == "sqlite":
        other.settings_dict["OPTIONS"]["timeout"] = 0  # who has to wait is refused
    yield other
    other.close()


def test_somebody_else_writes_while_the_workbook_is_made(somebody_else, monkeypatch):
    TeamFactory(name="Payments", contact="ext. 1")

    def tables():
        assert Team.objects.count() == 1
        with somebody_else.cursor() as cursor:
            cursor.execute("UPDATE accounts_team SET contact = 'ext. 2'")
        return book.tables()

    monkeypatch.setattr(exporting, "tables", tables)
    usual = getattr(connection, "transaction_mode", None)
    _header, (name, contact, *_rest) = cells(exporting.workbook())["Teams"]
    assert (name, contact) == ("Payments", "ext. 1")
    assert Team.objects.get().contact == "ext. 2"
    assert getattr(connection, "transaction_mode", None) == usual
