"""The command benchmark: what there is, and what it says when it can't run."""

import pytest
from django.core.management import CommandError, call_command


def refused(*arguments: str, **options: str) -> str:
    with pytest.raises(CommandError) as raised:
        call_command("benchmark", *arguments, **options)
    return str(raised.value)


def test_an_unknown_benchmark_is_answered_with_those_there_are():
    assert refused("moon").startswith("There is no benchmark “moon”. There are: ")
    assert "engine, faults, import-govuk, " in refused("moon")
    assert "reenact, reenact-govuk" in refused("moon")
    assert "embedded" not in refused("moon"), "what benchmarks share is none"


def test_without_the_real_data_it_says_what_to_set():
    assert refused("reenact", data="/nowhere/at/all") == (
        "The folder of real releases /nowhere/at/all isn't there: set RELEASEORCH_DATA_DIR or give --data."
    )


def test_a_folder_without_the_data_set_is_one_sentence(tmp_path):
    assert (
        refused("reenact", data=str(tmp_path)) == "state_at_end.csv can't be imported: the file is missing."
    )


def test_an_option_that_the_benchmark_does_not_have_is_named(tmp_path):
    assert refused("reenact", data=str(tmp_path), set=["rounds=3"]) == (
        "The benchmark reenact has no option rounds."
    )
