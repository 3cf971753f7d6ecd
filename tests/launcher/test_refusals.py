"""What is missing on a machine is said in one sentence that says what to do; never a traceback."""

import ast
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from releaseorch.launcher import packages
from tests.launcher.conftest import ROOT, Copy

# Runs before manage.py and hides what a bare machine doesn't have.
HIDE = "import sys; sys.modules[{name!r}] = None\n"
OLD = """
import sys
sys.version_info = (3, 9, 2)
sys.version = "3.9.2 (simulated)"
sys.argv = ["manage.py", "demo"]
exec(compile(open("manage.py").read(), "manage.py", "exec"))
"""


def sentence(answer: "subprocess.CompletedProcess[str]") -> str:
    assert answer.returncode == 1, answer
    assert "Traceback" not in answer.stderr
    lines = answer.stderr.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


@pytest.fixture
def bare(copy: Copy) -> Copy:
    copy.env["PATH"] = "/usr/bin:/bin"
    return copy


def hide(copy: Copy, name: str) -> None:
    (copy.folder / "hidden").mkdir(exist_ok=True)
    (copy.folder / "hidden" / "sitecustomize.py").write_text(HIDE.format(name=name))
    copy.env["PYTHONPATH"] = str(copy.folder / "hidden")


def test_an_old_python_is_named_with_what_is_needed(bare: Copy) -> None:
    (bare.folder / "old.py").write_text(OLD)
    argv = [os.path.realpath("/proc/self/exe"), "old.py"]
    answer = subprocess.run(argv, cwd=bare.folder, capture_output=True, text=True, check=False, env=bare.env)
    assert "needs Python 3.11 or newer and this is Python 3.9.2" in sentence(answer)


def test_manage_py_can_be_read_by_python_3_6() -> None:
    ast.parse((ROOT / "manage.py").read_text(), feature_version=(3, 6))


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.8", "3.10"])
def test_real_old_pythons_say_so_too(bare: Copy, version: str) -> None:
    found = sorted(Path.home().glob(f".pyenv/versions/{version}*/bin/python")) or [
        shutil.which(f"python{version}")
    ]
    if not found[0]:
        pytest.skip(f"no Python {version} here")
    assert "needs Python 3.11 or newer" in sentence(bare.run("demo", python=str(found[0])))


@pytest.mark.parametrize("name", ["venv", "ensurepip"])
def test_a_missing_venv_module_is_named_with_the_package_to_install(bare: Copy, name: str) -> None:
    hide(bare, name)
    said = sentence(bare.run("demo"))
    assert f"no {name} module" in said
    assert "apt install python3-venv" in said


def test_a_read_only_folder_says_so(bare: Copy) -> None:
    answer = bare.run("demo", env={"RELEASEORCH_VENV": "/proc/nowhere"})
    assert "/proc/nowhere cannot be written" in sentence(answer)


def test_a_read_only_state_directory_says_so(bare: Copy) -> None:
    answer = bare.install().run("demo", env={"RELEASEORCH_STATE_DIR": "/proc/nowhere"})
    assert "set RELEASEORCH_STATE_DIR to a folder that you may write to" in sentence(answer)


def test_an_incomplete_copy_says_so(bare: Copy) -> None:
    (bare.folder / "requirements.lock").unlink()
    assert "requirements.lock is missing" in sentence(bare.run("demo"))


def test_a_django_command_without_django_names_the_command_to_run(bare: Copy) -> None:
    assert "run `python3 manage.py demo` once" in sentence(bare.run("migrate", env={"PYTHONNOUSERSITE": "1"}))


def test_a_django_command_goes_on_inside_a_finished_venv(bare: Copy) -> None:
    answer = bare.install().run("migrate", "--check")
    assert answer.stdout == "django ran migrate --check\n"


def test_a_missing_setting_is_one_sentence(bare: Copy) -> None:
    assert "RELEASEORCH_SECRET_KEY" in sentence(bare.install().run("misconfigured"))


def test_an_unknown_database_is_refused(bare: Copy) -> None:
    assert "--db takes sqlite or postgresql" in sentence(bare.run("test", "--db", "oracle"))


@pytest.mark.parametrize(
    ("printed", "advice"),
    [
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
            "not the one that the lock names",
        ),
        ("error: Failed to fetch: `https://index/simple/django/`", "could not be reached"),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("ERROR: Could not find a version that satisfies x (from versions: none)", "CPython 3.11 to 3.14"),
        ("Something nobody has seen", "Something nobody has seen The whole output is in"),
    ],
)
def test_the_cause_of_a_failed_installation_is_named(printed: str, advice: str) -> None:
    assert advice in packages.cause(printed, Path("install.log"))
