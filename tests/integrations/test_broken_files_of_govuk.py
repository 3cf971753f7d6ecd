"""Broken folders of the kind `govuk`: one line in the summary for each fault, and everything around it is read."""

import pytest

from releaseorch.integrations.sources.base import SourceUnreadable
from releaseorch.integrations.sources.registry import source_of
from tests.integrations.govuk_folders import END, REPOS, START, deployment, make_folder

FILES = [
    "components.csv", "dependencies.csv", "deployments.csv", "repos.yml", "state_at_end.csv", "state_at_start.csv",
]  # fmt: skip
GOOD, LAST = deployment(commit="good"), deployment(commit="last", old_version="v2", new_version="v3")
V3 = END.replace("v2", "v3")


def read(folder):
    return source_of("govuk").read(folder, history=True)


BROKEN = {
    "too few fields": ("2024-06-10T08:00:00Z,integration\n", "This row has 2 fields, the header has 15."),
    "a field of 200 KB": (deployment(requester="x" * 200_000), "at most 10,000 per field are taken"),
    "an unknown environment": (deployment(environment="moon"), "environment “moon” is not known"),
    "an unknown kind": (deployment(kind="explode"), "kind “explode” is not known"),
    "an impossible date": (deployment(merged_at="2024-02-30T10:00:00Z"), "is no date and time"),
    "NUL": (deployment(app="front\0end"), "app holds an invisible character (U+0000)."),
    "another encoding": (deployment(requester="Müller").encode("latin-1"), "This row is not UTF-8."),
    "no new version": (deployment(new_version=""), "new_version is empty."),
    "a deployment of nothing new": (deployment(old_version="v2"), "both of its versions are v2."),
    "a switch of versions": (deployment(kind="switch"), "is a switch, but its versions differ."),
    "an addition to something": (deployment(kind="add"), "a row of kind add has none"),
    "a removal that leaves something": (deployment(kind="remove"), "a row of kind remove has none"),
    "a name that looks like another": (
        deployment(app="FrontEnd"),
        "“FrontEnd” looks like “frontend”, which was read before.",
    ),
    "the same change twice": (GOOD, "good / frontend / integration is already in line 2."),
    "a contradiction in a commit": (
        deployment(commit="good", environment="staging", requester="Ada"),
        "requester of good is another one in line 2.",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_row_is_listed_with_its_line_and_the_others_are_read(case, tmp_path):
    row, reason = BROKEN[case]
    content = GOOD.encode() + (row if isinstance(row, bytes) else row.encode()) + LAST.encode()
    document = read(make_folder(tmp_path, content, end=V3))
    (refused,) = document.refused
    assert (refused.file, refused.line) == ("deployments.csv", 3)
    assert reason in refused.reason
    assert [request.key for request in document.requests] == ["good", "last"]
    assert document.noted == ()


def test_a_jump_between_versions_is_noted_and_the_row_is_taken(tmp_path):
    jump = deployment(commit="jump", old_version="v5", new_version="v6")
    document = read(make_folder(tmp_path, GOOD + jump, end=V3))
    assert document.refused == ()
    assert [(one.file, one.line, one.remark) for one in document.noted] == [
        ("deployments.csv", 3, "frontend in integration goes on from v5, but v2 was there before."),
        ("state_at_end.csv", 2, "frontend in integration goes on from v3, but v6 was there before."),
    ]
    assert [row.version for row in document.history if row.place.component == "frontend"] == [
        "v1",
        "v2",
        "v6",
    ]


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_named(file, tmp_path):
    (make_folder(tmp_path) / file).unlink()
    with pytest.raises(SourceUnreadable, match=f"{file} can't be imported: the file is missing."):
        read(tmp_path)


@pytest.mark.parametrize(
    ("repos", "said"),
    [
        ("- {repo_name: [}", "it is not valid YAML (line 1)."),
        ("repo_name: frontend", "it is no list of repositories."),
        ("", "it is no list of repositories."),
        ("[" * 1_000, "it is not valid YAML."),
        ("- a\0b", "it is not valid YAML."),
        ("#" * 2_000_001, "it is larger than 2 MB."),
    ],
    ids=["broken", "no list", "empty", "deeply nested", "NUL", "too large"],
)
def test_a_list_of_repositories_that_is_none_is_refused_whole(repos, said, tmp_path):
    with pytest.raises(SourceUnreadable) as raised:
        read(make_folder(tmp_path, repos=repos))
    assert str(raised.value) == f"repos.yml can't be imported: {said}"


def test_broken_repositories_are_listed_and_the_others_are_read(tmp_path):
    broken = (
        "- just a word\n"
        "- team: nameless\n"
        f"- {{repo_name: long, description: {'x' * 20_000}}}\n"
        "- {repo_name: frontend, team: another}\n"
        "- {repo_name: dated, since: 2023-14-05}\n"
    )
    document = read(make_folder(tmp_path, repos=REPOS.lstrip() + broken))
    assert [(one.file, one.line, one.reason) for one in document.refused] == [
        ("repos.yml", 4, "This entry is no list of names and values."),
        ("repos.yml", 5, "repo_name is empty."),
        ("repos.yml", 6, "A value of this entry is longer than 10,000 characters."),
        ("repos.yml", 7, "frontend / frontend is already in line 1."),
    ]
    assert document.owners == {"frontend": "#frontend-team"}
    dated = next(one.payload for one in document.records if one.key == "dated/dated")
    assert dated["since"] == "2023-14-05", "texts stay texts"


def test_repositories_that_the_database_cannot_keep_are_listed_and_the_others_are_read(tmp_path):
    repos = (
        f"- &a {{repo_name: big, words: &w {'x' * 9_000}}}\n"
        "- repo_name: bigger\n  words: [*w, *w, *w]\n"
        '- {repo_name: cut, words: "\\0"}\n'
        '- {repo_name: half, words: ["\\ud800"]}\n'
        "- *a\n"
        '- {repo_name: good, team: "#Team-A"}\n'
        '- {repo_name: good-too, team: "#Team-A"}\n'
        '- {repo_name: odd, team: "#team-a"}\n'
    )
    document = read(make_folder(tmp_path, repos=repos))
    aliases = "Anchors and aliases aren't taken; write out what is meant."
    control = "This text holds a control character (%s). Take it out and try again."
    assert [(one.line, one.reason) for one in document.refused] == [
        (1, aliases),
        (2, aliases),
        (4, control % "U+0000"),
        (5, control % "U+D800"),
        (6, aliases),
        (9, "“#team-a” looks like “#Team-A”, which was read before."),
    ]
    assert {one.key for one in document.records if one.kind == "repository"} == {
        "good/good",
        "good-too/good-too",
    }
    assert document.teams == ("#Team-A",)


def test_rows_of_the_other_files_are_checked_too(tmp_path):
    document = read(
        make_folder(
            tmp_path,
            GOOD,
            start="moon,frontend,v1,,,\n" + START,
            end=END + END,
            components="frontend,frontend,integration moon\n",
            dependencies="frontend,router,hearsay,frontend\n",
        )
    )
    assert [(one.file, one.line) for one in document.refused] == [
        ("components.csv", 2),
        ("dependencies.csv", 2),
        ("state_at_end.csv", 3),
        ("state_at_start.csv", 2),
    ]
    assert [row.version for row in document.installations] == ["v2"]
