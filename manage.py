#!/usr/bin/env python3
"""The one door for people: `demo`, `test`, and every Django command."""

import sys

if sys.version_info < (3, 11):  # this file parses on older ones too, to be able to say so
    sys.stderr.write(
        "Releaseorch needs Python 3.11 or newer and this is Python "
        + sys.version.split()[0]
        + ": install a newer one and start this command with it, for example python3.11 "
        + " ".join(sys.argv)
        + "\n"
    )
    raise SystemExit(1)

if __name__ == "__main__":
    from releaseorch.launcher import cli

    raise SystemExit(cli.main(sys.argv))
