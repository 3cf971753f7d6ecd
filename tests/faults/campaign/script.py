"""A tool that is a script of this host: its effects are lines of the same ledger, and it outlives its worker."""

from pathlib import Path

from tests.faults.campaign import points

SCRIPT = "effect.sh"
TEXT = """\
# sh effect.sh SECONDS
said() {
    read -r up _ </proc/uptime
    what='{"what": "%s", "attempt": %s, "step": "", "pid": %s, "at": %s}\\n'
    printf "$what" "$1" "${ATTEMPT_ID%%.*}" $$ "$up" >>LEDGER
    sync LEDGER
}
trap 'said stopped; exit 143' TERM
said begun
echo begun
sleep "$1"
said ended
"""


def write(folder: Path) -> None:
    (folder / SCRIPT).write_text(TEXT.replace("LEDGER", str(folder / points.EFFECTS)))
