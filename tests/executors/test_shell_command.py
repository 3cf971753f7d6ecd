"""A value never becomes a command, an option or a variable that changes how programs run."""

from pathlib import Path
from typing import Any

import pytest

from releaseorch.executors.base import Done, Errored, Inputs
from releaseorch.executors.shell.executor import ShellExecutor
from tests.executors.stage import carry_out, context_for, log_of

EXECUTOR = ShellExecutor()
SHOW = 'for a in "$@"; do printf \'<%s>\' "$a"; done'
ENV_ALLOW = "RELEASEORCH_SHELL_ENV_ALLOW"


@pytest.mark.parametrize(
    "value", ["a b", "$(id)", "; id", "a'b\"c", "*", "", "line\nbreak", "-", "--upload-pack=x", "ü\u202e"]
)
def test_a_value_stays_one_argument(value: str, tmp_path: Path) -> None:
    config = {"argv": ["sh", "-c", SHOW, "show", "--", "${value}", "last"]}
    context = context_for(config, tmp_path, parameters={"value": value})
    assert isinstance(carry_out(EXECUTOR, context), Done)
    assert log_of(context).decode() == f"<--><{value}><last>"


@pytest.mark.parametrize(
    ("argv", "values"),
    [
        (["-rf", "/"], {}),
        (["${program}"], {"program": "--version"}),
        (["${program}"], {"program": ""}),
        (["git", "checkout", "${branch}"], {"branch": "--upload-pack=id"}),
        (["ssh", "${host}"], {"host": "-oProxyCommand=id"}),
        (["echo", "a\0b"], {}),
        (["echo", "${value}"], {"value": "\0"}),
        (["echo", "${value}"], {"value": "\ud83d"}),
        (["${shell}", "-c", "echo ${value}"], {"shell": "sh", "value": "x; id"}),
        (["no-such-program"], {}),
        (["/"], {}),
        (["echo", "x" * 200_000], {}),
    ],
    ids=range(12),
)
def test_what_could_be_read_in_another_way_is_errored(
    argv: list[str], values: dict[str, str], tmp_path: Path
) -> None:
    context = context_for({"argv": argv}, tmp_path, parameters=values)
    assert isinstance(carry_out(EXECUTOR, context), Errored)
    assert log_of(context) == b""


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"argv": []}, "argv"),
        ({"argv": "rm -rf /"}, "argv"),
        ({"argv": ["x", 1]}, "argv.1"),
        ({"argv": ["-x"]}, "argv.0"),
        ({"argv": ["sh", "-c", "echo ${a}"]}, "argv.2"),
        ({"argv": ["/bin/bash", "-ec", "echo ${a}"]}, "argv.2"),
        ({"argv": ["env", "python3.11", "-c", "print('${a}')"]}, "argv.3"),
        ({"argv": ["x"], "env": {"LD_PRELOAD": "x"}}, "env.LD_PRELOAD"),
        ({"argv": ["x"], "env": {"BASH_ENV": "x"}}, "env.BASH_ENV"),
        ({"argv": ["x"], "env": {"A=B": "x"}}, "env"),
        ({"argv": ["x"], "env": {"APP_X": 1}}, "env.APP_X"),
        ({"argv": ["x"], "shell": True}, "shell"),
        ({"argv": ["x"], "grace_s": -1}, "grace_s"),
    ],
)
def test_a_wrong_configuration_is_refused_at_its_field(config: dict[str, Any], field: str) -> None:
    assert list(EXECUTOR.validate(config)) == [field]


def test_the_environment_holds_what_is_allowed_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKER_PASSWORD", "hidden")
    monkeypatch.setenv("SITE_PROXY", "proxy")
    monkeypatch.setenv(ENV_ALLOW, "SITE_PROXY, SITE_NONE")
    config = {"argv": ["env"], "env": {"APP_VERSION": "v${version}", "SITE_NONE": "set"}}
    context = context_for(config, tmp_path, parameters={"version": "2"})
    assert isinstance(carry_out(EXECUTOR, context), Done)
    seen = dict(line.split("=", 1) for line in log_of(context).decode().splitlines())
    assert seen["ATTEMPT_ID"] == "41-1"
    assert (seen["APP_VERSION"], seen["SITE_PROXY"], seen["SITE_NONE"]) == ("v2", "proxy", "set")
    own = {
        "ATTEMPT_ID",
        "RELEASEORCH_OUTPUTS",
        "RELEASEORCH_SECRETS_DIR",
        "APP_VERSION",
        "SITE_PROXY",
        "SITE_NONE",
    }
    assert seen.keys() <= own | {"PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "PWD"}


def test_a_line_break_in_the_environment_is_errored(tmp_path: Path) -> None:
    context = context_for(
        {"argv": ["env"], "env": {"APP_X": "${x}"}}, tmp_path, parameters={"x": "a\nLD_PRELOAD=b"}
    )
    assert isinstance(carry_out(EXECUTOR, context), Errored)


@pytest.mark.parametrize("folder", ["/no/such/folder", "relative", "/etc/passwd"])
def test_a_missing_working_folder_is_errored(folder: str, tmp_path: Path) -> None:
    context = context_for({"argv": ["pwd"], "cwd": "${folder}"}, tmp_path, parameters={"folder": folder})
    assert isinstance(carry_out(EXECUTOR, context), Errored)


def test_it_runs_in_the_working_folder(tmp_path: Path) -> None:
    context = context_for({"argv": ["pwd"], "cwd": str(tmp_path)}, tmp_path)
    assert isinstance(carry_out(EXECUTOR, context), Done)
    assert log_of(context).decode().strip() == str(tmp_path)


def test_secrets_are_files_for_the_script_alone_and_gone_afterwards(tmp_path: Path) -> None:
    script = 'stat -c %a "$RELEASEORCH_SECRETS_DIR/token"; tr h H < "$RELEASEORCH_SECRETS_DIR/token"; env'
    context = context_for({"argv": ["sh", "-c", script]}, tmp_path)
    assert isinstance(carry_out(EXECUTOR, context), Done)
    assert log_of(context).startswith(b"600\nHunter2-Hunter2")
    assert list((context.work_dir / "secrets").iterdir()) == []
    assert not [
        path for path in context.work_dir.rglob("*") if path.is_file() and b"hunter2" in path.read_bytes()
    ]


def test_a_secret_that_is_too_short_to_hide_is_said_in_the_log(tmp_path: Path) -> None:
    context = context_for({"argv": ["true"]}, tmp_path, secrets={"pin": b"1234"})
    carry_out(EXECUTOR, context)
    assert b"pin" in log_of(context)


def test_a_secret_whose_name_is_a_path_is_errored(tmp_path: Path) -> None:
    context = context_for({"argv": ["true"]}, tmp_path, secrets={"../x": b"123456"})
    assert isinstance(carry_out(EXECUTOR, context), Errored)


def test_outputs_are_read_and_cleaned(tmp_path: Path) -> None:
    script = r"""printf 'version=2.3.1\nbroken line\nA_B=x=y\n9=no\nctrl=a\033[31mb\ntoken=%s\n\377=z\nempty=\n' \
        "$(cat "$RELEASEORCH_SECRETS_DIR/token")" > "$RELEASEORCH_OUTPUTS" """
    context = context_for({"argv": ["sh", "-c", script]}, tmp_path, outputs=["version"])
    expected = {"version": "2.3.1", "A_B": "x=y", "ctrl": "a[31mb", "token": "[secret]", "empty": ""}
    assert carry_out(EXECUTOR, context) == Done(expected)


def test_outputs_behind_a_link_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("a=b\n")
    script = 'ln -s "$1" "$RELEASEORCH_OUTPUTS"'
    context = context_for({"argv": ["sh", "-c", script, "x", str(tmp_path / "other")]}, tmp_path)
    assert carry_out(EXECUTOR, context) == Done({})


def test_the_plan_shows_the_command() -> None:
    config = {"argv": ["deploy", "a b", "${version}"], "env": {"APP_X": "1"}}
    shown = EXECUTOR.plan(Inputs(config, {"version": "2"}))
    assert "deploy 'a b' 2" in shown
    assert "APP_X=1" in shown
    assert "missing" in EXECUTOR.plan(Inputs(config))
