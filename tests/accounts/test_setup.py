"""`manage.py setup` makes the first administrator, once, audited; there is no default account."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.audit.models import Event
from tests.characters import Cast

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
WHO = ("--username", "ada", "--name", "Ada Quill", "--email", "ada@example.org")


def setup(*arguments: str) -> str:
    out = io.StringIO()
    call_command("setup", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    return str(file)


def test_the_first_administrator_is_made_audited_and_may_log_in(password_file: str, client) -> None:
    assert "Ada Quill is an administrator now" in setup(*WHO, "--password-file", password_file)
    ada = Person.objects.get()
    assert policy.why_not(ada, "person.edit") == ""
    assert client.post("/login", {"username": "ada", "password": PASSWORD}).status_code == 303
    told = list(Event.objects.order_by("pk").values_list("verb", "actor_name"))
    assert told == [("person.created", "Setup"), ("password.set", "Setup"), ("role.granted", "Setup")]


def test_the_password_may_come_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    setup(*WHO, "--password-file", "-")
    assert Person.objects.get().check_password(PASSWORD)


def test_a_second_call_says_so_and_changes_nothing(password_file: str) -> None:
    setup(*WHO, "--password-file", password_file)
    before = Event.objects.count()
    assert "There is an administrator already: Ada Quill (ada)" in setup(
        *WHO, "--password-file", password_file
    )
    with pytest.raises(CommandError, match="Ada Quill"):
        setup("--username", "mallory", *WHO[2:], "--password-file", password_file)
    assert (Person.objects.count(), Event.objects.count()) == (1, before)


@pytest.mark.parametrize("weak", ["short", "password1234", ""])
def test_a_weak_password_makes_nobody(tmp_path: Path, weak: str) -> None:
    file = tmp_path / "password"
    file.write_text(weak)
    with pytest.raises(CommandError):
        setup(*WHO, "--password-file", str(file))
    assert not Person.objects.exists()
    assert not Event.objects.exists()


def test_a_user_name_that_is_taken_is_refused(cast: Cast, password_file: str) -> None:
    administrator = cast.administrator
    administrator.grants.all().delete()
    with pytest.raises(CommandError, match="user name"):
        setup("--username", administrator.username, *WHO[2:], "--password-file", password_file)
