"""One demo per state directory, and a port that is really free."""

import json
import socket
from pathlib import Path

import pytest

from releaseorch.launcher import ports
from tests.launcher.conftest import Copy, until

pytestmark = pytest.mark.slow


def test_a_second_demo_is_refused_with_the_address_of_the_first(copy: Copy) -> None:
    copy.install().ready()
    second = copy.run("demo")
    assert second.returncode == 1
    assert str(copy.facts()["url"]) in second.stderr
    assert second.stderr.count("\n") == 1
    assert copy.facts()["ready"] is True


def test_a_taken_port_is_named_and_the_next_free_one_used(copy: Copy) -> None:
    copy.install()
    with socket.create_server((ports.HOST, 0)) as taken:
        port = taken.getsockname()[1]
        copy.start("--port", str(port))
        until(lambda: "Stop with Ctrl-C" in copy.said(), "the demo to be ready")
    assert f"Port {port} is taken by another program: using " in copy.said()
    chosen = int(str(copy.facts()["url"]).rpartition(":")[2])
    assert port < chosen <= port + ports.TRIES


def test_what_is_no_port_is_refused_by_the_command_line(copy: Copy) -> None:
    for wrong in ("0", "65536", "http", "-1", "²"):
        answer = (
            copy.install().run("demo", f"--port={wrong}")
            if wrong == "0"
            else copy.run("demo", f"--port={wrong}")
        )
        assert answer.returncode == 2
        assert "is no port: give a number from 1 to 65535" in answer.stderr


def test_a_folder_with_other_files_is_never_taken_for_a_state_directory(copy: Copy) -> None:
    copy.install().state.mkdir()
    (copy.state / "thesis.txt").write_text("years of work")
    answer = copy.run("demo", "--fresh")
    assert answer.returncode == 1
    assert "holds other files than ours" in answer.stderr
    assert (copy.state / "thesis.txt").read_text() == "years of work"


def test_the_demo_never_touches_the_database_that_the_shell_points_at(copy: Copy) -> None:
    foreign = {"DATABASE_URL": "postgresql://production/", "CELERY_BROKER_URL": "amqp://production/"}
    copy.install().ready(env=foreign)
    children = set(copy.left()) - {copy.started[0].pid}
    seen = {pid: Path(f"/proc/{pid}/environ").read_text() for pid in children}
    assert len(seen) > 4
    assert not [pid for pid, environment in seen.items() if "production" in environment]


def test_a_long_state_path_still_gets_a_broker_socket(copy: Copy) -> None:
    copy.install()
    copy.state = copy.folder / ("deep" * 20) / "state"
    copy.ready(env={"RELEASEORCH_STATE_DIR": str(copy.state)})
    assert json.loads((copy.state / "lock").read_text())["ready"] is True
    assert not (copy.state / "broker.sock").exists()


def test_without_any_server_messages_go_through_files(copy: Copy) -> None:
    copy.install().ready(env={"PATH": "/nowhere"})
    assert "messages go through files" in copy.said()
    assert (copy.state / "broker").is_dir()
