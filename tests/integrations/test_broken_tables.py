"""Workbooks and folders that can't be imported: every problem by sheet, row and column, and nothing written."""

import zipfile
from datetime import datetime
from io import BytesIO

import pytest
from django.core.management import CommandError, call_command
from openpyxl.comments import Comment

from releaseorch.integrations.tables import found, importing, xlsx
from tests.integrations.workbooks import ACTOR, SMALL, problems, workbook
from tests.row_counts import row_counts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_is_written():
    before = row_counts()
    yield
    assert row_counts() == before


def folder_problems(folder) -> list[str]:
    with pytest.raises(found.TablesRefused) as refused:
        importing.import_tables(folder, actor=ACTOR)
    return [str(problem) for problem in refused.value.problems]


def test_what_excel_did_to_cells_is_said_by_sheet_row_and_column():
    def spoil(book):
        sheet = book["Versions"]
        sheet.append(["Ledger", "ledger-web", 1.1])
        sheet.append(["Ledger", "ledger-web", datetime(2024, 1, 10)])
        sheet.append(["Ledger", "ledger-web", "=A1"])
        sheet.append(["Ledger", "ledger-web", "#N/A"])
        sheet.append(["Ledger", "ledger-web", True])
        sheet["C4"].comment = Comment("a comment is no harm", "me")
        sheet.append(["Ledger", "ledger-web", "1.11\x20"])
        sheet.merge_cells("A8:B8")
        book["Environments"]["B2"] = "first"

    said = problems(workbook(SMALL, spoil))
    assert [one.partition(": ")[0] for one in said] == [
        "Environments, row 2, Rank",
        *(f"Versions, row {row}, Version" for row in (3, 4, 5, 6, 7)),
        "Versions, row 8",
    ]
    for sentence, part in zip(said, (
        "“first” is no whole number", "the number 1.1, and 1.10 may have become 1.1", "became a date (2024-01-10",
        "holds a formula (=A1). Paste its value", "an error of the spreadsheet (#N/A)", "the truth value True",
        "from A8 on are merged",
    ), strict=True):  # fmt: skip
        assert part in sentence


def test_what_the_header_lacks_is_named():
    said = problems(
        workbook({**SMALL, "Applications": [["Application", "Squad", "squad"]], "Budget": [["x"]]})
    )
    assert [one.partition(". ")[0] for one in said] == [
        "Applications, row 1: The column Squad is there twice.",
        "Applications, row 1: The column Team is missing.",
        "Applications, row 1: The columns Squad, squad aren't known",
        "Budget: There is no such sheet",
    ]
    assert "There are: Application, Team, Contact" in said[2]
    assert "There are: Teams, People, " in said[3]
    assert problems(workbook({"Read me": [["hello"]], "Sheet1": []}))[0].startswith("Tables: None is there.")


def test_what_contradicts_itself_or_points_nowhere_is_named():
    said = problems(
        workbook({
            **SMALL,
            "Teams": [["Team"], ["Payments"], ["PAYMENTS\u200b"], ["Pay\u00admonts"], [None], ["x" * 201]],
            "Versions": [[*SMALL["Versions"][0], "Built"], ["Ledger", "ledger-db", "1", "yesterday"],
                         ["Ledger", "ledger-db", "2", ""]],
            "Dependencies": [["Application", "Component", "Needs application", "Needs component", "Reason"],
                             ["Ledger", "ledger-web", "Ledger", "ledger-web", "deploy-before"]],
            "Roles": [["User name", "Team", "Role"], ["ada", "Payments", "boss"]],
            "Procedures": [["Procedure", "Step", "Title", "Tool", "Parameters", "After"],
                           ["p", "a", "A", "shell", "a: &x [1]\nb: *x", ""],
                           ["p", "b", "B", "magic", "", "nowhere"]],
        })
    )  # fmt: skip
    whole = "\n".join(said)
    assert "Procedures, row 2, Parameters: Line 1: Anchors and aliases" in whole
    assert "Roles, row 2, Role: “boss” is not one of: developer, " in whole
    assert "Versions, row 2, Built: “yesterday” is no date and time" in whole
    # What the cells say is looked at first, then what they mean.
    said = problems(
        workbook({
            **SMALL,
            "Teams": [["Team"], ["Payments"], ["PAYMENTS\u00ad"], ["x" * 201], ["a\u200bb"]],
            "Components": [["Application", "Component"], ["Ledger", "a"], ["Ledger", "b"], ["Ledger", "ledger-web"]],
            "Dependencies": [["Application", "Component", "Needs application", "Needs component"],
                             ["Ledger", "a", "Ledger", "b"], ["Ledger", "b", "Ledger", "a"]],
            "Versions": [["Application", "Component", "Version"], ["Ledger", "ledger-db", "1"]],
        })
    )  # fmt: skip
    whole = "\n".join(said)
    assert "Teams, row 3: PAYMENTS\u00ad is in row 2 already, if only to the eye." in whole
    assert "Teams, row 4, Team: Ensure this value has at most 200 characters" in whole
    assert "Teams, row 5, Team: This holds an invisible character (U+200B)" in whole
    assert "Dependencies: This would be a cycle: " in whole
    assert "Versions, row 2, Component: “Ledger / ledger-db” is neither in the sheet Components nor" in whole
    assert "Installed, row 2, Version: “Ledger / ledger-web / 1.10” is neither in the sheet Versions" in whole


@pytest.mark.parametrize(
    ("decisions", "sentence"),
    [
        ("skip: sometimes", "The decisions on copy can't be like this: skip – This must be one of never"),
        ("environments: {tset: {skip: never}}", "row 2, Decisions: There is no environment tset."),
    ],
)
def test_decisions_that_nobody_can_take_are_refused(decisions, sentence):
    steps = [
        ["Procedure", "Step", "Title", "Kind", "Decisions"],
        ["copy", "copy", "Copy it", "manual", decisions],
    ]
    said = problems(workbook({**SMALL, "Procedures": steps}))
    assert any(sentence in one for one in said), said


@pytest.mark.parametrize(
    ("retry", "sentence"),
    [
        ("times: 3", "No machine tries copy again: nobody said that it is safe to repeat."),
        ("often: yes", "No machine tries copy again: often – There is no such field; times"),
        ("3", "Procedures, row 2, Retry: "),
    ],
)
def test_a_retry_that_no_machine_may_do_is_refused(retry, sentence):
    said = problems(
        workbook({
            **SMALL,
            "Procedures": [["Procedure", "Step", "Title", "Tool", "Parameters", "Retry"],
                           ["copy", "copy", "Copy it", "shell", "argv: [cp]", retry]],
        })
    )  # fmt: skip
    assert any(sentence in one for one in said), said


def test_what_needs_a_refused_row_does_not_say_so_again():
    said = problems(
        workbook({
            **SMALL,
            "Procedures": [["Procedure", "Step", "Title", "Tool", "Parameters", "Installs"],
                           ["copy", "copy", "Copy it", "shell", "argv: [sh, -c, 'echo ${version}']", "yes"]],
            "Components": [["Application", "Component", "Procedure"], ["Ledger", "ledger-web", "copy"]],
        })
    )  # fmt: skip
    (one,) = said
    assert one.startswith("Procedures, row 2, Parameters: argv.2: Program text must not contain values")


def repacked(content: bytes, part: str, change) -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return made.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
STRAY = b't="inlineStr"><is><t>Team</t></is>', b't="s"><v>99</v>'
LAUGHS = (
    b'<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><worksheet><sheetData><row r="1"><c r="A1" '
    b't="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'
)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda _content: b"PK\x03\x04 no", "is not an Excel workbook (.xlsx), or it is protected by a password"),
        (lambda content: repacked(content, SHEET, lambda _old: b" " * 20_000_000), "that is more than is taken"),
        (lambda content: repacked(content, SHEET, lambda _old: LAUGHS), "can't be read (EntitiesForbidden"),
        (lambda content: repacked(content, SHEET, lambda old: old[:200]), "can't be read (ExpatError"),
        (lambda content: repacked(content, SHEET, lambda old: old.replace(*STRAY)), "(IndexError)"),
        (lambda content: repacked(content, "xl/workbook.xml", lambda _old: b"<x/>"), "None is there"),
    ],
    ids=["no archive", "a zip bomb", "an XML bomb", "a part cut short", "a text that isn't there", "no workbook"],
)  # fmt: skip
def test_a_file_that_is_no_workbook_is_one_sentence(spoil, sentence):
    (said,) = problems(spoil(workbook(SMALL)))
    assert sentence in said


def test_more_rows_than_are_taken_are_refused(monkeypatch):
    monkeypatch.setattr(xlsx, "MOST_ROWS", 3)
    (said,) = problems(workbook({"Teams": [["Team"], *([f"t{number}"] for number in range(4))]}))
    assert said == "Teams: There are more than 200,000 rows. Import it in parts."


def test_a_row_number_that_excel_does_not_have_is_not_counted_up_to():
    content = workbook({"Teams": [["Team"], ["Payments"]]})
    far = repacked(content, SHEET, lambda old: old.replace(b'<row r="2"', b'<row r="999999999999"'))
    assert problems(far) == ["Teams: There are more than 200,000 rows. Import it in parts."]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("Team;Contact\nPaym\u00f6nts;1\n".encode("latin-1"), "teams.csv: Line 2 isn't UTF-8."),
        ("Team,Contact\nPayments\n".encode("utf-16"), "teams.csv: Line 1 isn't UTF-8."),
        (b'Team,Contact\nPayments,"broken\n', "Teams, row 2: From here on this is not valid CSV"),
        (b'Team,Contact\nPayments,"a"b\n', "Teams, row 2: From here on this is not valid CSV"),
        (b"Team,Contact\nPayments,1,2\n", "Teams, row 2: This row has 3 cells, the header has 2."),
        (
            b"Team,Contact\nPayments," + b"x" * 200_000,
            "Teams, row 2: A cell holds more than 32,767 characters",
        ),
        (
            b"Team,Contact\nPayments," + b"x" * 40_000,
            "Teams, row 2, Contact: This cell holds 40,000 characters",
        ),
        (b"Team,Contact\nPay\x00ments,\n", "Teams, row 2, Team: This holds an invisible character (U+0000)."),
    ],
    ids=["latin-1", "utf-16", "open quote", "stray quote", "too many cells", "200 KB", "40 KB", "NUL"],
)
def test_a_broken_csv_file_is_said_by_file_and_line(content, sentence, tmp_path):
    (tmp_path / "teams.csv").write_bytes(content)
    (said,) = folder_problems(tmp_path)
    assert said.startswith(sentence)


def test_a_sheet_that_is_there_twice_is_refused(tmp_path):
    (tmp_path / "Teams.csv").write_text("Team\nPayments\n")
    (tmp_path / "teams.csv").write_text("Team\nClaims\n")
    assert folder_problems(tmp_path) == ["teams.csv: The sheet Teams is there twice."]


def test_the_command_lists_the_problems_and_fails(tmp_path, capsys):
    (tmp_path / "teams.csv").write_text("Team;Contact\n;1\n")
    with pytest.raises(CommandError, match="Nothing was imported: 1 problem"):
        call_command("import_source", "tables", str(tmp_path))
    assert "Refused: Teams, row 2, Team: This is empty" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("import_source", "tables", str(tmp_path / "nowhere.xlsx"))
