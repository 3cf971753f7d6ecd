import pytest

from releaseorch.core.errors import Invalid
from releaseorch.integrations.sources.base import SourceUnreadable
from releaseorch.integrations.sources.registry import source_of
from tests.integrations.wikimedia_folders import deployment, make_folder

FILES = ["state_at_start.csv", "state_at_end.csv", "dependencies.csv", "deployments.csv"]


def refusal(folder) -> str:
    with pytest.raises(SourceUnreadable) as raised:
        source_of("wikimedia").read(folder, history=True)
    return str(raised.value)


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_named(file, tmp_path):
    (make_folder(tmp_path) / file).unlink()
    assert refusal(tmp_path) == f"{file} can't be imported: the file is missing."


@pytest.mark.parametrize("file", FILES)
def test_an_empty_file_lacks_its_columns(file, tmp_path):
    (make_folder(tmp_path) / file).write_bytes(b"")
    assert file in refusal(tmp_path)


def test_a_missing_column_is_named(tmp_path):
    (make_folder(tmp_path) / "state_at_end.csv").write_text("service,component,version\na,a,1\n")
    assert refusal(tmp_path) == "state_at_end.csv can't be imported: the column environment can't be found."


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    (make_folder(tmp_path) / "state_at_end.csv").write_text("service,component,environment,version,version\n")
    assert "the column version is there twice" in refusal(tmp_path)


def test_a_file_in_utf_16_is_refused_whole(tmp_path):
    file = make_folder(tmp_path, deployment()) / "deployments.csv"
    file.write_text(file.read_text(), encoding="utf-16")
    assert refusal(tmp_path).startswith("deployments.csv can't be imported: ")


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path):
    file = make_folder(tmp_path) / "deployments.csv"
    file.unlink()
    file.mkdir()
    assert refusal(tmp_path).startswith("deployments.csv can't be imported: ")


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    assert "the file is missing" in refusal(tmp_path / "nowhere")


def test_a_source_that_nobody_knows_is_refused_with_those_there_are():
    with pytest.raises(Invalid, match="There are: govuk, wikimedia"):
        source_of("jira")
