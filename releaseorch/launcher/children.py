"""What a demo consists of: broker, web, worker, housekeeper and the servers it deploys to, and how they start."""

import contextlib
import functools
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from releaseorch.launcher import broker, browser, ports
from releaseorch.launcher.console import Refusal, phase
from releaseorch.launcher.state import ROOT
from releaseorch.launcher.supervisor import Supervisor, died

READY_SECONDS = 120.0
QUEUES = "engine,exec.default,notify,maint"
SITE = ROOT / "fixtures" / "northfold" / "scripts" / "site.py"
# Where another installation is: the demo is its own. And compiled modules are kept here: five processes that each
# compile everything would take as long as the rest of the start.
FOREIGN = ("DATABASE_", "CELERY_", "DJANGO_SETTINGS_MODULE", "PYTHONDONTWRITEBYTECODE")
FOREIGN_OWN = (
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "TRUSTED_ORIGINS",
    "PASSWORD_LOGIN",
    "PROXIES",
    "STATIC_ROOT",
    "LIFELINE_FD",
    "REENTERED",
)
# Leases at a tenth of what production has: a demo's steps take seconds, and so does what rescues them.
QUICK = {
    "RELEASEORCH_LEASE": "6",
    "RELEASEORCH_HEARTBEAT": "1",
    "RELEASEORCH_SELF_FENCE": "4.5",
    "RELEASEORCH_LEASE_GRACE": "1.5",
}


@dataclass(frozen=True)
class Addresses:
    """Where people look, and where the health checks of deployed components ask."""

    port: int
    site_port: int

    @property
    def url(self) -> str:
        return f"http://{ports.HOST}:{self.port}"

    @property
    def site(self) -> str:
        return f"{ports.HOST}:{self.site_port}"


def environment(addresses: Addresses, *, empty: bool = False) -> dict[str, str]:
    own = {f"RELEASEORCH_{name}" for name in FOREIGN_OWN}
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(FOREIGN) and name not in own
    }
    opened = [entry for entry in (kept.get("RELEASEORCH_OUTBOUND_ALLOW"), addresses.site) if entry]
    return {
        **QUICK,
        **kept,
        "RELEASEORCH_DEMO": "1",
        "RELEASEORCH_DEMO_EMPTY": "1" if empty else "",
        "RELEASEORCH_BASE_URL": addresses.url,
        "RELEASEORCH_DEMO_SITE": f"http://{addresses.site}",
        "RELEASEORCH_OUTBOUND_ALLOW": ",".join(opened),
        "DJANGO_SETTINGS_MODULE": "releaseorch.config.settings",
        "PYTHONUNBUFFERED": "1",
    }


def start(supervisor: Supervisor, sock: Path, addresses: Addresses) -> None:
    """Broker first; then the database and the web process side by side; then who needs the tables."""
    with phase("Starting the message broker"):
        start_broker(supervisor, sock)
    with phase("Preparing the database and the demo data, starting the web server"):
        programs = {"web": web(addresses.port), "site": site(supervisor.state_dir, addresses.site_port)}
        keep(supervisor, programs)
        supervisor.once(supervisor.spawn("prepare", python("-m", "releaseorch.launcher.prepare"), ROOT))
        keep(supervisor, {"housekeeper": python(str(ROOT / "manage.py"), "housekeeper"), "worker": worker()})
        await_page(f"{addresses.url}/healthz", supervisor)


def start_broker(supervisor: Supervisor, sock: Path) -> None:
    state_dir, lifeline, env = supervisor.state_dir, supervisor.lifeline, supervisor.env
    found = broker.start(state_dir, sock, lifeline, env)
    env.update(found.env)
    if child := found.child:
        server = Path(child.program[0])
        supervisor.keep("broker", lambda: broker.spawn(server, state_dir, sock, lifeline, env), child)


def keep(supervisor: Supervisor, programs: dict[str, list[str]]) -> None:
    for name, program in programs.items():
        supervisor.keep(name, functools.partial(supervisor.spawn, name, program, ROOT))


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def web(port: int) -> list[str]:
    words = "-m uvicorn releaseorch.config.asgi:application --lifespan off --timeout-graceful-shutdown 3"
    return python(*words.split(), "--no-access-log", "--host", ports.HOST, "--port", str(port))


def worker() -> list[str]:
    words = (
        "-m celery -A releaseorch.config.celery:app worker -P threads -c 4 --without-gossip --without-mingle"
    )
    return python(*words.split(), "--loglevel", "WARNING", "-Q", QUEUES)


def site(state_dir: Path, port: int) -> list[str]:
    return python(str(SITE), "--root", str(state_dir / "demo" / "sites"), "--port", str(port))


def await_page(address: str, supervisor: Supervisor) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        supervisor.check()
        with contextlib.suppress(OSError), browser.opener().open(address, timeout=10) as answer:
            if answer.status == 200:
                return
        time.sleep(0.05)
    raise Refusal(f"No page after {READY_SECONDS:.0f} s. {died(supervisor.child('web'))}")
