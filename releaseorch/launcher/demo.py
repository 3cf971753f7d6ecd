"""`manage.py demo`: installs, starts broker, web, worker and housekeeper, loads the demo, says who can log in."""

import argparse
import contextlib
import os
import time
from collections.abc import Sequence

from releaseorch.launcher import broker, children, installation, ports, processes, smoke, state
from releaseorch.launcher.children import Addresses
from releaseorch.launcher.console import Refusal, say
from releaseorch.launcher.state import StateDirectory
from releaseorch.launcher.supervisor import Stopped, Supervisor, stoppable


def main(argv: Sequence[str]) -> int:
    options = parse(argv[2:])
    installation.ensure("run", argv)
    if options.smoke:
        return smoke.main()
    held = StateDirectory(state.directory(empty=options.empty))
    held.hold()
    try:
        with stoppable():
            prepare(held, fresh=options.fresh)
            port = ports.choose(options.port)
            return serve(held, Addresses(port, ports.beside(port)), empty=options.empty)
    except Stopped:
        return 0
    finally:
        held.release()


def parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="manage.py demo", description=__doc__)
    parser.add_argument(
        "--port", type=_port, default=ports.DEFAULT, help="default: %(default)s, or the next free one"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="forget what is in the state directory and begin anew"
    )
    parser.add_argument(
        "--empty",
        action="store_true",
        help="without the invented insurer: an installation of its own for your applications, beside the demo",
    )
    parser.add_argument(
        "--smoke", action="store_true", help="do the whole job once by machine, on a state of its own"
    )
    return parser.parse_args(list(argv))


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= ports.LAST:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to {ports.LAST}")
    return int(text)


def prepare(held: StateDirectory, *, fresh: bool) -> None:
    """Ends what a killed supervisor may have left, then makes the directory ready."""
    processes.outlast(processes.supervised(held.path), 0.5)
    try:
        if fresh:
            held.empty()
        held.ensure_secret_key()
        (held.path / "logs").mkdir(exist_ok=True)
    except OSError as error:
        raise Refusal(
            f"{error.filename} cannot be written ({error.strerror}): make room or rights and start again."
        ) from None


def serve(held: StateDirectory, addresses: Addresses, *, empty: bool) -> int:
    """Blocks until somebody stops it; everything it started is gone when it returns or raises."""
    begun = time.monotonic()
    url = addresses.url
    supervisor = Supervisor(held.path, children.environment(addresses, empty=empty))
    held.publish({"pid": os.getpid(), "url": url, "ready": False})
    with contextlib.ExitStack() as opened:
        # Last in, first out: children stop before the broker's socket folder is removed.
        sock = opened.enter_context(broker.socket_path(held.path))
        opened.callback(stop, supervisor)
        children.start(supervisor, sock, addresses)
        seconds = round(time.monotonic() - begun, 2)
        held.publish({"pid": os.getpid(), "url": url, "ready": True, "seconds": seconds})
        welcome(held, url, seconds)
        supervisor.run()
    return 0


def welcome(held: StateDirectory, url: str, seconds: float) -> None:
    say(f"\nReleaseorch is ready after {seconds:.1f} s:  {url}/\n")
    rows = [("log in as", "password", "who")]
    for person in held.people():
        rows.append((person["username"], person["password"], f"{person['name']}, {person['role']}"))
    wide = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for row in rows:
        say(f"  {row[0]:{wide[0]}}  {row[1]:{wide[1]}}  {row[2]}")
    say(
        f"\nStop with Ctrl-C. Everything is in {held.path}, logs in {held.path / 'logs'}; --fresh begins anew."
    )


def stop(supervisor: Supervisor) -> None:
    begun = time.monotonic()
    supervisor.stop()
    say(f"\nStopped everything in {time.monotonic() - begun:.1f} s.")
