"""Large tables are written in portions; what stops them between two of them, the same tables bring to its end."""

import pytest

from releaseorch.audit.models import Event
from releaseorch.catalog.models import Component, ComponentVersion, Procedure
from releaseorch.core.errors import Conflict
from releaseorch.environments.models import Installation
from releaseorch.features.models import Feature
from releaseorch.integrations.models import SourceRecord
from releaseorch.integrations.tables import importing, portions
from tests.integrations.workbooks import ACTOR, SMALL, bring, problems, workbook
from tests.row_counts import row_counts

pytestmark = pytest.mark.django_db

# What only a half-done import could stumble over: a component that is retired and has versions, steps, features.
LARGE = {
    **SMALL,
    "People": [["User name", "Name", "Teams"], ["ada", "Ada", "Payments"], ["bo", "Bo", "Payments"]],
    "Roles": [["User name", "Role"], ["ada", "operator"]],
    "Procedures": [
        ["Procedure", "Step", "Title", "Kind", "Instructions"],
        ["Deploy", "one", "One", "manual", "Do it."],
        ["Deploy", "two", "Two", "manual", "Do it."],
        ["Deploy", "three", "Three", "manual", "Do it."],
    ],
    "Components": [
        ["Application", "Component", "Procedure", "Retired because"],
        ["Ledger", "ledger-web", "Deploy", ""],
        ["Ledger", "ledger-old", "", "Nobody used it."],
    ],
    "Features": [
        ["Feature", "Title", "Applications"],
        ["F-1", "Faster", "Ledger: "],
        ["F-2", "Nicer", "Ledger: "],
    ],
    "Versions": [
        ["Application", "Component", "Version", "Features"],
        ["Ledger", "ledger-web", "1.10", "F-1"],
        ["Ledger", "ledger-old", "0.9", "F-2"],
        ["Ledger", "ledger-old", "0.10", ""],
    ],
    "Releases": [
        ["Release", "State", "Features", "Filing closes"],
        ["Spring", "completed", "F-1; F-2", "2026-03-01 12:00"],
    ],
}


class PowerCut(Exception):
    pass


@pytest.fixture
def small_portions(monkeypatch):
    monkeypatch.setattr(portions, "AT_ONCE", 1)
    monkeypatch.setattr(portions, "PORTION", 2)


def cut_after(monkeypatch, number, raised=PowerCut):
    """Before the portion with this number is committed, the import ends."""
    whole = importing._write_part

    def cut(part, at, *rest):
        whole(part, at, *rest)
        if at == number:
            raise raised

    monkeypatch.setattr(importing, "_write_part", cut)


def test_an_import_that_breaks_off_anywhere_is_finished_by_the_same_tables(small_portions, monkeypatch):
    content = workbook(LARGE)
    count = len(portions.portions(importing.look(content, actor=ACTOR).plans))
    assert count > 8
    for _ in range(count - 1):  # each time it brings one portion of what is left, then breaks off again
        with monkeypatch.context() as patch, pytest.raises(PowerCut):
            cut_after(patch, 2)
            importing.import_tables(content, actor=ACTOR)
    last = importing.import_tables(content, actor=ACTOR)
    assert any("broke off half-way" in str(one) for one in last.noted)
    procedure = Procedure.objects.get()
    assert (procedure.version, procedure.steps.count()) == (1, 3)
    retired = Component.objects.get(name="ledger-old")
    assert retired.is_retired and ComponentVersion.objects.filter(component=retired).count() == 2
    assert Installation.objects.count() == 1
    assert Event.objects.filter(verb="source.imported").count() == count
    assert not SourceRecord.objects.filter(kind=portions.KIND).exists()
    before = row_counts()
    looked = importing.import_tables(content, actor=ACTOR)
    assert looked.is_empty and looked.noted == [] and row_counts() == before


def test_afterwards_nothing_new_comes_to_what_is_retired(small_portions):
    bring(LARGE)
    more = {"Versions": [["Application", "Component", "Version"], ["Ledger", "ledger-old", "0.11"]]}
    assert "is retired" in problems(workbook(more))[0]


def test_tables_with_a_fault_write_no_portion(small_portions):
    before = row_counts()
    assert problems(workbook({**LARGE, "Roles": [["User name", "Role"], ["nobody", "operator"]]}))
    assert row_counts() == before


def test_who_loses_a_race_half_way_is_told_what_stays(small_portions, monkeypatch):
    cut_after(monkeypatch, 3, Conflict("Rita changed Ledger."))
    with pytest.raises(
        Conflict, match=r"Rita changed Ledger\. What was imported until then stays; import the same"
    ):
        importing.import_tables(workbook(LARGE), actor=ACTOR)
    assert Event.objects.filter(verb="source.imported").count() == 2


@pytest.mark.parametrize("at_once", [portions.AT_ONCE, 1], ids=["in one portion", "in two"])
def test_a_known_row_gets_another_value_and_a_link_together(at_once, monkeypatch):
    bring({**LARGE, "Applications": [*SMALL["Applications"], ["Till", "Payments"]]})
    monkeypatch.setattr(portions, "AT_ONCE", at_once)
    monkeypatch.setattr(portions, "PORTION", at_once)
    seen = Feature.objects.get(key="F-1").row_version
    bring({"Features": [["Feature", "Title", "Applications"], ["F-1", "Fastest", "Ledger: \nTill: in_test"]]})
    feature = Feature.objects.get(key="F-1")
    scopes = feature.scopes.values_list("application__name", "status")
    assert (feature.title, sorted(scopes)) == ("Fastest", [("Ledger", "open"), ("Till", "in_test")])
    assert feature.row_version == seen + 2
