"""Look at every part of this installation and say how it is; the exit code is 0 only when nothing has failed."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core import mail
from django.core.management.base import BaseCommand

from releaseorch.config.doctor import inside, names, outside
from releaseorch.config.doctor.findings import Check, Finding, looked_at, ok

CHECKS: dict[str, Check] = {
    "database": inside.database,
    "migrations": inside.migrations,
    "audit": inside.audit,
    "hold": inside.hold,
    "names": names.names,
    "broker": inside.broker,
    "worker": inside.worker,
    "housekeeper": inside.housekeeper,
    "clock": inside.clock,
    "disk": inside.disk,
    "secret key": inside.secret_key,
    "state directory": inside.state_directory,
    "mail": inside.mail_server,
    "log-in": outside.openid_provider,
    "address": outside.address,
    "proxy headers": outside.proxy_headers,
    "static files": outside.static_files,
    "event stream": outside.event_stream,
}
# Where the one has failed, the other would only say the same in its own words, after a wait of its own.
NEEDS = {
    **dict.fromkeys(("migrations", "clock"), "database"),
    **dict.fromkeys(("audit", "hold", "names", "worker", "housekeeper"), "migrations"),
    **dict.fromkeys(("proxy headers", "static files", "event stream"), "address"),
}


class Command(BaseCommand):
    help = "Look at every part of this installation, and at itself from its public address."
    requires_system_checks = ()  # they would stop where a sentence is wanted

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")
        parser.add_argument(
            "--wait",
            type=float,
            default=0,
            metavar="SECONDS",
            help="look again at what has failed, for that long: processes just started need some seconds",
        )
        parser.add_argument("--mail-to", metavar="ADDRESS", help="also send a mail there")

    def handle(self, *args: Any, **options: Any) -> None:
        checks = dict(CHECKS)
        if address := options["mail_to"]:
            checks["a mail"] = lambda: a_mail(address)
        found = []
        for finding in looked_at(checks, NEEDS, options["wait"]):
            found.append(finding)
            if not options["json"]:
                self.show(finding)
        is_well = all(finding["state"] != "failed" for finding in found)
        if options["json"]:
            self.stdout.write(json.dumps({"ok": is_well, "findings": found}, ensure_ascii=False))
        if not is_well:
            sys.exit(1)

    def show(self, finding: dict[str, str]) -> None:
        styles = {"ok": self.style.SUCCESS, "warn": self.style.WARNING, "failed": self.style.ERROR}
        state = styles[finding["state"]](f"{finding['state']:6}")
        helps = f" {finding['help']}" if finding["help"] else ""
        self.stdout.write(f"{state} {finding['what']:16} {finding['sentence']}{helps}")


def a_mail(address: str) -> Finding:
    mail.send_mail(
        "A mail from the doctor", "Releaseorch can write to you.", from_email=None, recipient_list=[address]
    )
    return ok(f"A mail to {address} was taken over by the mail server.")
