"""Make the first administrator: there is no default account."""

import getpass
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error

from releaseorch.accounts import administrators, first_administrator
from releaseorch.accounts.models import Person
from releaseorch.core.errors import DomainError

TOGETHER = ("username", "name", "email")


class Command(BaseCommand):
    help = (
        "Make the first administrator. What isn't given is asked; the password comes from the prompt, "
        "a file, or standard input. Where an administrator exists, nothing is changed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--username", help="small letters, digits and . _ @ -")
        parser.add_argument("--name", help="as other people read it")
        parser.add_argument("--email", help="where mail goes to")
        parser.add_argument("--password-file", help="a file with the password alone; - is standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.make(options)
        except DomainError as refused:
            raise CommandError(" ".join(refused.reasons)) from refused
        except Error as broken:
            said = str(broken).strip().partition("\n")[0]
            raise CommandError(f"The database refused ({said}). Run manage.py migrate first.") from broken

    def make(self, options: dict[str, Any]) -> None:
        if already := first_administrator.why_not():
            if options["username"] and not is_administrator(options["username"]):
                raise CommandError(f"{already} They add people under Settings, People.")
            self.stdout.write(already)
            return
        answers = {name: options[name] or ask(name) for name in TOGETHER}
        made = first_administrator.create_first_administrator(
            **answers, password=password_of(options["password_file"])
        )
        self.stdout.write(f"{made.name} is an administrator now and logs in as {made.username}.")


def is_administrator(username: str) -> bool:
    return Person.objects.filter(pk__in=administrators.administrators(), username=username).exists()


def ask(name: str) -> str:
    if not sys.stdin.isatty():
        raise CommandError(f"Nobody is there to ask: give --{name}.")
    return input({"username": "User name: ", "name": "Name: ", "email": "E-mail: "}[name]).strip()


def password_of(file: str | None) -> str:
    """The first line of the file or of standard input, else what is typed twice."""
    if file == "-" or (file is None and not sys.stdin.isatty()):
        return sys.stdin.readline().rstrip("\r\n")
    if file is not None:
        try:
            return Path(file).read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as unreadable:
            raise CommandError(f"The password file can't be read: {unreadable}") from unreadable
    typed = getpass.getpass("Password (12 characters at least): ")
    if typed != getpass.getpass("The same again: "):
        raise CommandError("The two passwords differ. Nothing was changed.")
    return typed
