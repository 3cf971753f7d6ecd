"""`.venv` is made once, refreshed when the lock changes, and made anew when it is half-made."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.launcher.conftest import Copy

# A uv that installs nothing, and writes down what it was asked.
FAKE_UV = """#!/bin/sh
[ "$1" = --version ] && { echo uv 0.0; exit 0; }
echo "$@" >> "$0.log"
for site in "$(dirname "$4")"/../lib/python*/site-packages; do cp -r "$STAND_INS"/* "$site"; done
"""


@pytest.fixture
def fake_uv(copy: Copy, tmp_path: Path) -> Path:
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text(FAKE_UV)
    uv.chmod(0o755)
    copy.env["PATH"] = f"{uv.parent}:/usr/bin:/bin"
    copy.env["STAND_INS"] = str(Path(__file__).with_name("stand_ins"))
    return uv.with_name("uv.log")


def refused(copy: Copy) -> None:
    """Ends the demo after the installation, without starting anything."""
    copy.state.mkdir(exist_ok=True)
    (copy.state / "not-ours.txt").touch()


def test_uv_installs_with_hashes_required_and_only_when_the_lock_changed(copy: Copy, fake_uv: Path) -> None:
    refused(copy)
    for _ in range(2):
        assert "holds other files" in copy.run("demo").stderr
    (asked,) = fake_uv.read_text().splitlines()
    assert asked.startswith(f"pip install --python {copy.venv}/bin/python ")
    assert asked.endswith(f" --require-hashes -r {copy.folder}/requirements.lock")
    (copy.folder / "requirements.lock").write_text("# another\n")
    copy.run("demo")
    assert len(fake_uv.read_text().splitlines()) == 2


def test_progress_names_each_phase_with_its_seconds(copy: Copy, fake_uv: Path) -> None:
    refused(copy)
    said = copy.run("demo").stdout
    assert "Making .venv for Python" in said
    assert "Installing packages with uv into .venv" in said
    assert said.count(" s\n") == 2


@pytest.mark.parametrize("damage", ["mark", "python", "package", "empty", "file", "dangling link"])
def test_a_half_made_venv_is_recognised_and_mended(copy: Copy, fake_uv: Path, damage: str) -> None:
    refused(copy)
    if damage in {"mark", "python", "package"}:
        copy.install()
    if damage == "mark":
        (copy.venv / "releaseorch-unfinished").touch()
    elif damage == "python":
        (copy.venv / "bin" / "python").unlink()
    elif damage == "package":
        next(copy.venv.glob("lib/python*/site-packages/celery.py")).unlink()
    elif damage == "empty":
        copy.venv.mkdir()
    elif damage == "file":
        copy.venv.write_text("")
    else:
        copy.venv.symlink_to(copy.folder / "nowhere")
    assert "holds other files" in copy.run("demo").stderr
    assert len(fake_uv.read_text().splitlines()) == 1
    assert json.loads((copy.venv / "releaseorch.json").read_text())["locks"]["run"]
    assert not (copy.venv / "releaseorch-unfinished").exists()


def test_the_test_lock_serves_the_demo_too(copy: Copy, fake_uv: Path) -> None:
    refused(copy)
    copy.run("test", "--db", "sqlite")
    copy.run("demo")
    (asked,) = fake_uv.read_text().splitlines()
    assert asked.endswith("requirements-test.lock")


@pytest.mark.slow
def test_without_a_uv_that_runs_the_real_venv_and_pip_do_it_and_tell_a_missing_network(
    copy: Copy, fake_uv: Path
) -> None:
    fake_uv.with_name("uv").write_text("#!/bin/sh\nexit 127\n")  # as a version manager leaves it
    (copy.folder / "requirements.lock").write_text(f"nothing==1.0 --hash=sha256:{'0' * 64}\n")
    index = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0"}
    answer = copy.run("demo", env=index)
    assert "Installing packages with pip into .venv" in answer.stdout
    assert answer.returncode == 1
    assert "the package index could not be reached: check the network" in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert (copy.venv / "releaseorch-unfinished").exists()


def test_two_commands_at_once_install_once(copy: Copy, fake_uv: Path) -> None:
    refused(copy)
    argv = [os.path.realpath("/proc/self/exe"), "manage.py", "demo"]
    both = [
        subprocess.Popen(argv, cwd=copy.folder, env=copy.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for one in both:
        _, said = one.communicate(timeout=30)
        assert b"holds other files" in said
    assert len(fake_uv.read_text().splitlines()) == 1
