"""What an installation asks its PostgreSQL while nothing happens and nobody watches: every statement, also BEGIN."""

import os
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import connections

from benchmarks._embedded import database_url, embedded_broker
from benchmarks._engine.systems import Place, await_workers, running
from benchmarks._scale.again import again
from benchmarks._scale.long_log import carried_out
from benchmarks.pages import server
from releaseorch.accounts.models import Person, RoleGrant
from releaseorch.accounts.roles import Role
from releaseorch.integrations.scratch import messages_to, scratch_installation
from releaseorch.launcher import children, postgres

WORKERS = 2
MOST_PER_SECOND = 1.0
WARM_UP_S, SECONDS = 45.0, 120.0
LOGGED = re.compile(r"LOG: {2}(?:statement|execute [^:]*): (.*)")


def measured(size: float) -> dict[str, Any]:
    """A web server, a housekeeper and two workers on a server of their own, which writes down what it is asked."""
    with postgres.server(f"{postgres.DURABLE} -c log_statement=all") as url, embedded_broker() as broker_env:
        return again("counted", {"DATABASE_URL": url, **broker_env}, size)


def counted(size: float) -> dict[str, Any]:
    log = Path(database_url().partition("host=")[2]).parent / "postgresql.log"
    broker_url = os.environ["CELERY_BROKER_URL"]
    with scratch_installation(), messages_to(broker_url), server():
        person = Person.objects.create_user("operator", name="Operator")
        RoleGrant.objects.create(person=person, role=Role.RELEASE_MANAGER)
        os.environ["RELEASEORCH_STATE_DIR"] = str(settings.STATE_DIR)
        place = Place(database_url(), broker_url, Path(settings.STATE_DIR))
        workers = {f"worker-{n}": [*children.worker()[1:], "-n", f"worker-{n}"] for n in range(WORKERS)}
        with running({**workers, "housekeeper": ["manage.py", "housekeeper"]}, place) as started:
            await_workers(current_app, WORKERS, started)
            carried_out(person, 1000)  # so that there are events, seals and marks
            connections.close_all()
            time.sleep(WARM_UP_S * size)
            begin = log.stat().st_size
            time.sleep(SECONDS * size)
            with log.open("rb") as file:
                file.seek(begin)
                said = file.read().decode(errors="replace")
    found = Counter(re.sub(r"\d+", "#", text)[:120] for text in LOGGED.findall(said))
    per_second = round(found.total() / (SECONDS * size), 2)
    return {
        "seconds": SECONDS * size,
        "statements": found.total(),
        "per_second": per_second,
        "most": dict(found.most_common(30)),
        "is_reached": per_second <= MOST_PER_SECOND,
    }
