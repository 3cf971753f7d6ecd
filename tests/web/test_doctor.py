"""`manage.py doctor` says of each part how it is and what would help; its exit code is for scripts."""

import io
import json

import pytest
from django.core import mail
from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings

from releaseorch.config.doctor import findings, inside
from releaseorch.config.doctor.findings import failed, ok
from releaseorch.config.management.commands import doctor as command
from releaseorch.core import signs
from releaseorch.core.models import SignOfLife

pytestmark = pytest.mark.django_db
NOWHERE = override_settings(BASE_URL="http://127.0.0.1:1")


def doctor(*arguments: str) -> tuple[int, str]:
    out, code = io.StringIO(), 0
    try:
        call_command("doctor", *arguments, stdout=out)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return code, out.getvalue()


@NOWHERE
def test_an_installation_without_its_processes_is_said_to_be_ill() -> None:
    code, told = doctor("--json")
    found = {one["what"]: one for one in json.loads(told)["findings"]}
    assert (code, json.loads(told)["ok"]) == (1, False)
    assert found["database"]["state"] in {"ok", "warn"} and found["migrations"]["state"] == "ok"
    assert found["worker"] == {
        "what": "worker", "state": "failed", "sentence": "No worker was ever heard of.", "help": "Start the worker.",
    }  # fmt: skip
    assert found["address"]["state"] == "failed" and "127.0.0.1:1" in found["address"]["sentence"]
    assert found["event stream"]["sentence"] == "This can't be looked at: see address."
    assert all(one["sentence"].endswith(".") for one in found.values())


def test_what_was_just_started_is_looked_at_again_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    starts = iter([failed("It isn't there yet."), ok("It is there.")])
    monkeypatch.setattr(command, "CHECKS", {"worker": lambda: next(starts)})
    monkeypatch.setattr(findings, "PAUSE_S", 0)
    code, told = doctor("--wait", "60")
    assert code == 0 and "It is there." in told


@NOWHERE
def test_for_people_it_is_a_line_each_and_a_mail_is_sent_only_when_asked() -> None:
    doctor()
    assert mail.outbox == []
    code, told = doctor("--mail-to", "ada@example.org")
    assert code == 1 and mail.outbox[0].to == ["ada@example.org"]
    assert any(
        line.startswith("failed housekeeper") and "Start the housekeeper." in line
        for line in told.splitlines()
    )


def test_a_process_that_fell_silent_or_is_too_old_has_failed() -> None:
    signs.of_the_housekeeper()
    assert inside.housekeeper().state == "ok"
    MigrationRecorder.Migration.objects.create(app="runs", name="9999_from_the_future")
    signs.of_the_housekeeper()
    assert "9999_from_the_future" in inside.housekeeper().sentence
    assert inside.migrations().state == "failed"
    SignOfLife.objects.update(at="2024-01-01T00:00:00Z")
    assert "was last heard" in inside.housekeeper().sentence
    signs.give(signs.WORKER)  # a new process forgets those of long gone ones
    assert [sign.process for sign in SignOfLife.objects.all()] == ["worker"]
