"""What layers without Django say, and readers of sources, can be said in another language as a whole."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from releaseorch.executors.base import Errored, Inputs
from releaseorch.executors.shell.executor import ShellExecutor
from releaseorch.integrations.sources.wikimedia.reader import WikimediaSource
from tests.brackets import past_gettext, spoken_in_brackets
from tests.delivery.planning.fakes import component, deploy, plan
from tests.executors.stage import context_for
from tests.integrations.wikimedia_folders import deployment, make_folder


@pytest.fixture(autouse=True)
def brackets() -> Iterator[None]:
    with spoken_in_brackets():
        yield


def test_a_conflict_of_a_plan_and_the_reasons_of_its_steps() -> None:
    found = plan([deploy("web 2.4.0", request=217), deploy("web 2.3.1", request=214)], [component("web")])
    (conflict,) = found.conflicts
    assert "web" in conflict.sentence
    assert [past_gettext(said) for said in (conflict.sentence, conflict.helps)] == ["", ""]
    assert [past_gettext(step.why) for step in found.steps] == [""]


def test_what_an_executor_refuses_and_would_do(tmp_path: Path) -> None:
    tool = ShellExecutor()
    refused = tool.start(context_for({"argv": ["-x"]}, tmp_path))
    assert isinstance(refused, Errored)
    assert past_gettext(refused.reason) == ""
    assert past_gettext(tool.validate({"argv": "-x"})["argv"]) == ""
    assert past_gettext(tool.plan(Inputs({"argv": ["true"]}))) == "\n  true"


def test_a_row_that_an_import_refuses(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, deployment(merged_at="yesterday"))
    (refused,) = WikimediaSource().read(folder, history=True).refused
    assert "yesterday" in refused.reason
    assert past_gettext(refused.reason) == ""
