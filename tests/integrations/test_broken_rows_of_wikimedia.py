import pytest

from releaseorch.integrations.sources.registry import source_of
from tests.integrations.wikimedia_folders import deployment, make_folder

GOOD = deployment(commit="good")


def read(folder):
    return source_of("wikimedia").read(folder, history=True)


BROKEN = {
    "too few fields": ("2024-06-10T08:00:00Z,thumbor\n", "This row has 2 fields, the header has 14."),
    "too many fields": (deployment().rstrip() + ",more\n", "This row has 15 fields"),
    "a field of 200 KB": (deployment(subject="x" * 200_000), "at most 10,000 per field are taken"),
    "a field of 20 KB": (deployment(subject="x" * 20_000), "A field of this row holds 20,000 characters"),
    "a version of 151 characters": (deployment(new_version="v" * 151), "at most 150 are taken"),
    "an unknown environment": (deployment(environment="moon"), "environment “moon” is not known"),
    "an unknown kind": (deployment(kind="explode"), "kind “explode” is not known"),
    "an impossible date": (
        deployment(merged_at="2024-02-30T10:00:00Z"),
        "merged_at “2024-02-30T10:00:00Z” is no date",
    ),
    "no time zone": (deployment(merged_at="2024-02-20T10:00:00"), "has no time zone"),
    "a date in the far past": (deployment(merged_at="0001-01-01T00:00:00+23:59"), "is no date and time"),
    "a date in the far future": (
        deployment(requested_at="3024-02-20T10:00:00Z"),
        "not between 1990 and 2100",
    ),
    "no date": (deployment(merged_at=""), "merged_at is empty."),
    "NUL": (deployment(subject="a\0b"), "subject holds an invisible character (U+0000)."),
    "an escape character": (
        deployment(requester="A\x1b[31mda"),
        "requester holds an invisible character (U+001B).",
    ),
    "a right-to-left mark": (deployment(new_version="v2\u202e"), "invisible character (U+202E)"),
    "a line break in a name": (deployment(service='"thum\nbor"'), "invisible character (U+000A)"),
    "a name that looks like another": (
        deployment(service="Thumbor"),
        "“Thumbor” looks like “thumbor”, which was read before.",
    ),
    "no service": (deployment(service=""), "service is empty."),
    "only spaces": (deployment(requester="   "), "requester is empty."),
    "no new version": (deployment(new_version=""), "new_version is empty."),
    "a removal with a new version": (deployment(kind="remove"), "a row of kind remove has none"),
    "an addition with an old version": (deployment(kind="add"), "a row of kind add has none"),
    "something that is no T number": (deployment(change_requests="T1 P7"), "“P7”, which is no T number"),
    "text after a quote": (deployment(subject='"a"b'), "This row is not valid CSV"),
    "a quote that is never closed": (deployment(subject='"a'), "This row is not valid CSV"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_row_is_listed_with_its_line_and_the_others_are_read(case, tmp_path):
    row, reason = BROKEN[case]
    document = read(make_folder(tmp_path, GOOD + row + deployment(commit="last")))
    (refused,) = document.refused
    assert (refused.file, refused.line) == ("deployments.csv", 3)
    assert reason in refused.reason
    assert refused.reason.endswith(".")
    assert [request.key for request in document.requests] == ["good", "last"]


def test_a_row_in_another_encoding_is_refused_alone(tmp_path):
    row = deployment(requester="Előd").encode("iso-8859-2")
    document = read(make_folder(tmp_path, GOOD.encode() + row + deployment(commit="last").encode()))
    assert [(one.line, one.reason) for one in document.refused] == [(3, "This row is not UTF-8.")]
    assert len(document.requests) == 2


def test_the_same_change_twice_is_refused_the_second_time(tmp_path):
    document = read(make_folder(tmp_path, GOOD + GOOD))
    assert [one.reason for one in document.refused] == [
        "good / thumbor / thumbor / staging is already in line 2."
    ]
    assert len(document.history) == 1


def test_a_refused_row_does_not_stand_in_the_way_of_a_good_one_with_its_key(tmp_path):
    document = read(make_folder(tmp_path, deployment(new_version="") + deployment()))
    assert [one.line for one in document.refused] == [2]
    assert len(document.history) == 1


def test_a_row_that_contradicts_its_commit_is_refused(tmp_path):
    other = deployment(environment="eqiad", requester="Bob")
    document = read(make_folder(tmp_path, deployment() + other))
    assert [one.reason for one in document.refused] == ["requester of c1 is another one in line 2."]


def test_rows_of_the_other_files_are_checked_too(tmp_path):
    document = read(
        make_folder(
            tmp_path,
            start="thumbor,thumbor,moon,v1\n",
            end="thumbor,thumbor,eqiad,v1\nthumbor,thumbor,eqiad,v2\n",
            dependencies="thumbor,,values.yaml\n",
        )
    )
    assert [(one.file, one.line) for one in document.refused] == [
        ("dependencies.csv", 2),
        ("state_at_end.csv", 3),
        ("state_at_start.csv", 2),
    ]
    assert len(document.installations) == 1


def test_a_quoted_comma_quote_and_line_break_are_no_damage(tmp_path):
    row = deployment(subject='"a, ""b"""')
    assert read(make_folder(tmp_path, row)).requests[0].subject == 'a, "b"'


def test_lines_are_counted_through_fields_with_line_breaks(tmp_path):
    rows = deployment(subject='"a\nb"') + deployment(environment="moon", commit="c2")
    assert [one.line for one in read(make_folder(tmp_path, rows)).refused] == [2, 4]


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path):
    folder = make_folder(tmp_path, GOOD)
    for file in folder.iterdir():
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    document = read(folder)
    assert document.refused == ()
    assert len(document.requests) == 1
