"""`manage.py demo`: installs, starts broker, web, worker and housekeeper, loads the demo, says who can log in."""

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from releaseorch.launcher import broker, browser, installation, ports, processes, smoke, state
from releaseorch.launcher.console import Refusal, phase, say
from releaseorch.launcher.processes import Child
from releaseorch.launcher.state import ROOT, StateDirectory
from releaseorch.launcher.supervisor import Stopped, Supervisor, died, stoppable

READY_SECONDS = 120.0
QUEUES = "engine,exec.default,notify,maint"
# Where another installation is; the demo is its own.
FOREIGN = ("DATABASE_", "CELERY_", "DJANGO_SETTINGS_MODULE")
FOREIGN_OWN = {
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "TRUSTED_ORIGINS",
    "BEHIND_PROXY",
    "STATIC_ROOT",
    "LIFELINE_FD",
    "REENTERED",
}
# Leases at a tenth of what production has: a demo's steps take seconds, and so does what rescues them.
QUICK = {
    "RELEASEORCH_LEASE": "6",
    "RELEASEORCH_HEARTBEAT": "1",
    "RELEASEORCH_SELF_FENCE": "4.5",
    "RELEASEORCH_LEASE_GRACE": "1.5",
}


def main(argv: Sequence[str]) -> int:
    options = parse(argv[2:])
    installation.ensure("run", argv)
    if options.smoke:
        return smoke.main()
    held = StateDirectory(state.directory())
    held.hold()
    try:
        with stoppable():
            prepare(held, fresh=options.fresh)
            return serve(held, ports.choose(options.port))
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


def serve(held: StateDirectory, port: int) -> int:
    """Blocks until somebody stops it; everything it started is gone when it returns or raises."""
    begun = time.monotonic()
    url = f"http://{ports.HOST}:{port}"
    supervisor = Supervisor(held.path, environment(url))
    held.publish({"pid": os.getpid(), "url": url, "ready": False})
    with contextlib.ExitStack() as opened:
        # Last in, first out: children stop before the broker's socket folder is removed.
        sock = opened.enter_context(broker.socket_path(held.path))
        opened.callback(stop, supervisor)
        start(supervisor, sock, port, url)
        seconds = round(time.monotonic() - begun, 2)
        held.publish({"pid": os.getpid(), "url": url, "ready": True, "seconds": seconds})
        welcome(held, url, seconds)
        supervisor.run()
    return 0


def environment(url: str) -> dict[str, str]:
    own = {f"RELEASEORCH_{name}" for name in FOREIGN_OWN}
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(FOREIGN) and name not in own
    }
    return {
        **QUICK,
        **kept,
        "RELEASEORCH_DEMO": "1",
        "RELEASEORCH_BASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "releaseorch.config.settings",
        "PYTHONUNBUFFERED": "1",
    }


def start(supervisor: Supervisor, sock: Path, port: int, url: str) -> None:
    """Broker first; then the database and the web process side by side; then who needs the tables."""
    with phase("Starting the message broker"):
        found = broker.start(supervisor.state_dir, sock, supervisor.lifeline, supervisor.env)
        supervisor.env.update(found.env)
        if child := found.child:
            server = Path(child.program[0])
            state_dir, lifeline, env = supervisor.state_dir, supervisor.lifeline, supervisor.env
            supervisor.keep("broker", lambda: broker.spawn(server, state_dir, sock, lifeline, env), child)
    with phase("Preparing the database and the demo data, starting the web server"):
        web = supervisor.keep("web", lambda: supervisor.spawn("web", web_program(port), ROOT))
        prepare_program = [sys.executable, "-m", "releaseorch.launcher.prepare"]
        supervisor.once(supervisor.spawn("prepare", prepare_program, ROOT))
        supervisor.keep("housekeeper", lambda: supervisor.spawn("housekeeper", housekeeper_program(), ROOT))
        supervisor.keep("worker", lambda: supervisor.spawn("worker", worker_program(), ROOT))
        await_page(web, f"{url}/healthz", supervisor)


def web_program(port: int) -> list[str]:
    words = "-m uvicorn releaseorch.config.asgi:application --lifespan off --timeout-graceful-shutdown 3"
    return [sys.executable, *words.split(), "--no-access-log", "--host", ports.HOST, "--port", str(port)]


def worker_program() -> list[str]:
    words = (
        "-m celery -A releaseorch.config.celery:app worker -P threads -c 4 --without-gossip --without-mingle"
    )
    return [sys.executable, *words.split(), "--loglevel", "WARNING", "-Q", QUEUES]


def housekeeper_program() -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), "housekeeper"]


def await_page(web: Child, address: str, supervisor: Supervisor) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        supervisor.check()
        with contextlib.suppress(OSError), browser.opener().open(address, timeout=10) as answer:
            if answer.status == 200:
                return
        time.sleep(0.05)
    raise Refusal(f"No page after {READY_SECONDS:.0f} s. " + died(web))


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
