"""How a script ended, or why it never began, as sentences."""

import contextlib
import signal
from collections.abc import Mapping
from typing import Any

from releaseorch.executors.base import Cancelled, Context, Errored, Failed, Result, Unknown
from releaseorch.words import gettext as _
from releaseorch.words import gettext_noop

# By the words of the wrapper, which runs alone and knows no language.
_STOPPED_BECAUSE = {
    "timeout": gettext_noop("It was stopped: it took longer than %(timeout_s)g s."),
    "silence": gettext_noop("It was stopped: it wrote nothing for %(silence_s)g s."),
    "lifeline": gettext_noop("It was stopped: the program that started the worker has ended."),
    "terminated": gettext_noop("It was stopped: its wrapper was told to end."),
}
_NOT_STARTED_BECAUSE = {
    "given-up": gettext_noop("It was never started, and will not be."),
    "no-folder": gettext_noop("The working folder does not exist."),
    "not-found": gettext_noop("The program “%(program)s” was not found on this host."),
    "not-permitted": gettext_noop(
        "The program “%(program)s” may not be run, or its folder may not be entered."
    ),
    "broken": gettext_noop("The program could not be started (%(fault)s)."),
}


def not_started(ending: Mapping[str, Any], job: Mapping[str, Any] | None) -> Errored:
    """What exit.json says of a script that was never started; the job names the program."""
    program = job["argv"][0] if job else ""
    said = _(_NOT_STARTED_BECAUSE[ending["errored"]])
    return Errored(said % {"program": program, "fault": ending.get("fault", "")})


def stopped(context: Context, ending: Mapping[str, Any]) -> Result:
    """What became of a script that was told to stop."""
    if not ending["gone"]:
        return Unknown(_("It was told to stop and killed, but some of its processes are still there."))
    if ending["stopped"] == "cancelled":
        return Cancelled()
    said = _(_STOPPED_BECAUSE[ending["stopped"]])
    limits = {"timeout_s": context.timeout_s, "silence_s": context.silence_s or 0}
    code = ending["code"]
    return Failed(said % limits, None if code is None else exit_code(code))


def exit_code(code: int) -> int:
    """As a shell gives it: 128 and the number of the signal that ended it."""
    return code if code >= 0 else 128 - code


def exit_sentence(code: int) -> str:
    if code > 0:
        return _("It ended with exit code %(code)d.") % {"code": code}
    name = str(-code)
    with contextlib.suppress(ValueError):
        name = signal.Signals(-code).name
    return _("It was ended by the signal %(name)s.") % {"name": name}
