"""The page of import and export: upload, look, import; and nothing is left of the file."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from releaseorch.audit.models import Event
from releaseorch.catalog.models import Application
from releaseorch.integrations.models import SourceRecord
from releaseorch.integrations.tables import uploads
from tests.characters import Cast, make_cast
from tests.integrations.workbooks import SMALL, workbook
from tests.row_counts import row_counts

pytestmark = pytest.mark.django_db
PAGE = "/settings/tables"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def client_of(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def upload(client: Client, content: bytes, **options):
    return client.post(f"{PAGE}/look", {"file": SimpleUploadedFile("mine.xlsx", content)}, **options)


def test_a_workbook_is_looked_at_then_imported_and_kept_nowhere(cast):
    client, before = client_of(cast.administrator), row_counts()
    teams = [["Team", "Contact"], ["Payments", "ext. 1"], ["Claims", "ext. 9"]]
    answer = upload(client, workbook({**SMALL, "Teams": teams}), follow=True)
    said = answer.content.decode()
    assert "What mine.xlsx would change" in said
    assert "ext. 4400" in said  # what stands there now
    assert "ext. 9" in said
    assert row_counts() | {"integrations.SourceRecord": 0} == before | {"integrations.SourceRecord": 0}
    first = SourceRecord.objects.get(kind=uploads.KIND).pk
    upload(client, workbook({**SMALL, "Teams": teams}))
    answer = client.post(f"{PAGE}/import", {"version": first})
    assert answer.status_code == 409
    assert "You have uploaded another workbook since" in answer.content.decode()
    answer = client.post(
        f"{PAGE}/import", {"version": SourceRecord.objects.get(kind=uploads.KIND).pk}, follow=True
    )
    assert "Imported: 7 rows are new or changed." in answer.content.decode()
    assert Application.objects.get().name == "Ledger"
    assert Event.objects.get(verb="team.edited").actor_id == cast.administrator.pk
    assert not SourceRecord.objects.filter(kind=uploads.KIND).exists()
    assert client.post(f"{PAGE}/import").status_code == 409


def test_problems_are_listed_and_the_file_is_not_kept(cast):
    client, before = client_of(cast.administrator), row_counts()
    answer = upload(client, workbook({**SMALL, "Environments": [["Environment", "Rank"], ["<b>", "=1"]]}))
    assert answer.status_code == 422
    assert "Environments, row 2, Rank: This holds a formula (=1)" in answer.content.decode()
    assert upload(client, b"no workbook").status_code == 422
    assert client.post(f"{PAGE}/look").status_code == 422
    answer = upload(client, b"x" * (uploads.MOST_BYTES + 1))
    assert "This is larger than 5 MB" in answer.content.decode()
    assert row_counts() == before


def test_everybody_may_download_and_only_administrators_import(cast):
    upload(client_of(cast.administrator), workbook(SMALL))
    client = client_of(cast.developer)
    page = client.get(PAGE).content.decode()
    assert "This needs one of the roles administrator" in page
    assert "mine.xlsx" not in page  # what another one looks at
    assert upload(client, workbook(SMALL)).status_code == 403
    assert client.post(f"{PAGE}/import").status_code == 409
    answer = client.get(f"{PAGE}/download")
    assert answer["Content-Disposition"] == 'attachment; filename="releaseorch.xlsx"'
    assert load_workbook(BytesIO(answer.content))["Teams"]["A2"].value == "Billing"
    assert not Application.objects.exists()
