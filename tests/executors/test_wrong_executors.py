"""The conformance suite finds what is wrong: each wrong executor fails the one test that is about its fault."""

import pytest

from tests.executors.jobs import wrong_suites

pytest_plugins = ["pytester"]

FAULTS = {
    "TestStopsByAsking": "test_a_stop_that_nobody_confirmed_is_not_called_cancelled",
    "TestSearchesByStep": "test_an_attempt_whose_answer_was_lost_is_found_and_not_begun_again",
    "TestRemembersInTheObject": "test_another_object_goes_on_where_the_first_was_lost",
    "TestTellsTheSecret": "test_no_sentence_and_no_id_holds_a_secret",
}


@pytest.mark.parametrize("suite", FAULTS)
def test_a_wrong_executor_fails_the_test_that_is_about_its_fault(
    suite: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    empty = str(pytester.makeini("[pytest]"))
    ran = pytester.inline_run(
        f"{wrong_suites.__file__}::{suite}", "-c", empty, "--noconftest", "--import-mode=importlib"
    )
    passed, _skipped, failed = ran.listoutcomes()
    assert [report.head_line for report in failed] == [f"{suite}.{FAULTS[suite]}"]
    assert len(passed) > 15
