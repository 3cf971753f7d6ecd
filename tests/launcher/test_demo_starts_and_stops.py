"""The demo starts every process, says who can log in, and leaves none behind, however it ends."""

import json
import os
import signal
import stat
import time
import urllib.request

import pytest

from tests.launcher.conftest import Copy, until

pytestmark = pytest.mark.slow


def test_the_ready_demo_prints_its_address_and_who_can_log_in(copy: Copy) -> None:
    copy.install().ready()
    url = str(copy.facts()["url"])
    assert f"{url}/" in copy.said()
    assert "dora correct horse Dora Dev, developer" in " ".join(copy.said().split())
    with urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:
        assert answer.status == 200


def test_ctrl_c_stops_everything_within_five_seconds_even_who_ignores_it(copy: Copy) -> None:
    demo = copy.install().ready(env={"STAND_IN_HOUSEKEEPER_IS_STUBBORN": "1"})
    until(lambda: any("os.read(" in words for words in copy.left().values()), "the script of the worker")
    until((copy.state / "stubborn").exists, "the housekeeper to ignore TERM")
    assert len(copy.left()) >= 7
    begun = time.monotonic()
    demo.send_signal(signal.SIGINT)
    assert demo.wait(10) == 0
    assert time.monotonic() - begun < 5
    assert copy.left() == {}
    assert "Stopped everything" in copy.said()


def test_kill_9_of_the_supervisor_leaves_no_process_not_even_a_script(copy: Copy) -> None:
    demo = copy.install().ready()
    until(lambda: any("os.read(" in words for words in copy.left().values()), "the script of the worker")
    demo.kill()
    demo.wait(5)
    until(lambda: copy.left() == {}, f"the end of {copy.left()}")


def test_a_killed_child_is_started_again(copy: Copy) -> None:
    copy.install().ready()
    (web,) = [pid for pid, words in copy.left().items() if "uvicorn" in words and "child.py" not in words]
    os.kill(web, signal.SIGKILL)
    until(lambda: "web ended" in copy.said(), "the line that says so")

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"{copy.facts()['url']}/healthz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    until(answers, "the page to be back")


def test_a_child_that_cannot_start_ends_the_demo_with_its_last_words(copy: Copy) -> None:
    demo = copy.install().start(env={"STAND_IN_WORKER_FAILS": "1"})
    assert demo.wait(30) == 1
    assert "worker ended with exit code 1" in copy.said()
    assert "the worker cannot start" in copy.said()
    assert "Traceback" not in copy.said()
    assert copy.left() == {}


def test_the_state_directory_and_its_secret_are_for_the_owner_alone(copy: Copy) -> None:
    copy.install().ready()
    assert stat.S_IMODE(copy.state.stat().st_mode) == 0o700
    secret = copy.state / "secret_key"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert len(secret.read_text()) >= 50


def test_fresh_forgets_what_was_there_and_keeps_the_lock(copy: Copy) -> None:
    copy.install()
    copy.state.mkdir()
    (copy.state / "secret_key").write_text("old" * 20)
    (copy.state / "db.sqlite3").write_text("old")
    copy.ready("--fresh")
    assert not (copy.state / "db.sqlite3").exists()
    assert "old" not in (copy.state / "secret_key").read_text()
    assert json.loads((copy.state / "lock").read_text())["ready"] is True
