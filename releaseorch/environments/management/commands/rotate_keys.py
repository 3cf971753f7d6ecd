"""Make a new sealing key and seal all secrets anew with it; nothing has to stop for it."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from releaseorch.core import sealing
from releaseorch.environments import rotation


class Command(BaseCommand):
    help = "Seals all secrets anew with a new key (or with the first of RELEASEORCH_SEALING_KEYS)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", type=int, default=200, help="how many secrets are read at a time")
        parser.add_argument(
            "--forget",
            action="store_true",
            help="drop keys that an earlier rotation replaced and that seal nothing any more",
        )

    def handle(self, *, batch: int, forget: bool, **options: Any) -> None:
        # What was current a moment ago may have sealed what somebody commits only after we have looked.
        replaced = set(list(sealing.known_keys())[1:])
        if not settings.SEALING_KEYS:
            sealing.add_key()
        done = rotation.rotate(max(batch, 1))
        self.stdout.write(
            f"{done.secrets} secrets are sealed with the key {next(iter(sealing.known_keys()))}."
        )
        if done.lost:
            names = ", ".join(sorted(done.lost))
            raise CommandError(
                f"What {names} sealed can't be opened: bring the key back, or set these secrets anew."
            )
        if forget and not settings.SEALING_KEYS:
            sealing.forget_keys(replaced - rotation.keys_in_use())
