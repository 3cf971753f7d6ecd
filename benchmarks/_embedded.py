"""The broker and the worker of the demo, in processes of their own, beside an installation made for measuring."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from celery import current_app
from django.conf import settings
from django.db import connection

from releaseorch.integrations.scratch import messages_to
from releaseorch.launcher import broker, children
from releaseorch.launcher.processes import Child, Lifeline, stop

READY_S = 30.0


@contextmanager
def embedded_broker() -> Iterator[Mapping[str, str]]:
    """Inside: what to tell a worker about it."""
    with TemporaryDirectory(prefix="releaseorch-broker-", dir=broker.short_temporary()) as folder:
        (Path(folder) / "logs").mkdir()
        lifeline = Lifeline()
        with broker.socket_path(Path(folder)) as sock:
            found = broker.start(Path(folder), sock, lifeline, os.environ)
            try:
                yield found.env
            finally:
                stop([found.child] if found.child else [], 5)
                lifeline.close()


@contextmanager
def worker(broker_env: Mapping[str, str]) -> Iterator[None]:
    """Inside: a worker on the present database, which hears our nudges."""
    (Path(settings.STATE_DIR) / "logs").mkdir(exist_ok=True)
    env = {
        **os.environ,
        **broker_env,
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "releaseorch.config.settings",
        "RELEASEORCH_STATE_DIR": str(settings.STATE_DIR),
        "RELEASEORCH_SECRET_KEY": settings.SECRET_KEY,
    }
    lifeline = Lifeline()
    log = Path(settings.STATE_DIR) / "logs" / "worker.log"
    child = Child("worker", children.worker(), lifeline, env=env, log=log, folder=settings.BASE_DIR)
    try:
        with messages_to(broker_env["CELERY_BROKER_URL"]):
            await_answer(child, log)
            yield
    finally:
        stop([child], 5)
        lifeline.close()


def await_answer(child: Child, log: Path) -> None:
    until = time.monotonic() + READY_S
    while not current_app.control.ping(timeout=0.5):
        if child.code() is not None or time.monotonic() > until:
            raise RuntimeError(f"The worker doesn't answer. {log.read_text()[-2000:]}")


def database_url() -> str:
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{Path(str(name)).resolve()}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
