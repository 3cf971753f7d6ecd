"""The Celery application: messages are hints, rows are the truth, so nothing here keeps results or retries."""

import os
import threading
from typing import Any

from celery import Celery
from celery.signals import celeryd_after_setup, worker_ready, worker_shutting_down
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "releaseorch.config.settings")


def _transport_options(url: str) -> dict[str, object]:
    if url.startswith("filesystem:"):
        folder = str(settings.BROKER_DIR)
        settings.BROKER_DIR.mkdir(parents=True, exist_ok=True)
        return {"data_folder_in": folder, "data_folder_out": folder, "control_folder": folder}
    if url.startswith(("redis", "rediss")):
        # Without a socket timeout a publish on a dead link waits for ever.
        return {"socket_timeout": 5, "socket_connect_timeout": 1, "visibility_timeout": 3600}
    return {}


SOFTLY_S = 30  # what is being begun has so long when a worker is told to end
app = Celery("releaseorch")
app.set_default()
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    broker_transport_options=_transport_options(settings.CELERY_BROKER_URL),
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_connection_timeout=2,
    task_publish_retry_policy={
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.2,
        "interval_max": 0.2,
    },
    task_acks_late=False,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_soft_shutdown_timeout=SOFTLY_S,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_hijack_root_logger=False,
    task_create_missing_queues=True,
    task_default_queue="engine",
    task_routes={
        "engine.*": {"queue": "engine"},
        "exec.*": {"queue": "exec.default"},
        "notify.*": {"queue": "notify"},
        "maint.*": {"queue": "maint"},
    },
    timezone="UTC",
)
app.autodiscover_tasks()


@celeryd_after_setup.connect
def listen_for_its_host(instance: Any, **_: object) -> None:
    """What only this host can do comes by a queue of its own, whichever others the worker was told to listen to."""
    from releaseorch.runs.engine import reattach  # needs the apps, and they need this module
    from releaseorch.runs.engine.worker import this_worker

    instance.app.amqp.queues.select_add(reattach.queue_of(this_worker().host))


@worker_shutting_down.connect
def hand_over(**_: object) -> None:
    """What it polls goes to another worker, or waits for the next one of this host."""
    from releaseorch.runs.engine.poller import poller  # needs the apps, too
    from releaseorch.runs.engine.starter import starter

    def end() -> None:
        poller.close()
        starter.wait(SOFTLY_S)

    # In a thread of its own, for which the process waits: this is called between any two lines of its main thread.
    threading.Thread(target=end, name="handing-over").start()


@worker_ready.connect
def say_that_it_lives(**_: object) -> None:
    from releaseorch.core import signs  # needs the apps, and they need this module

    signs.keep_giving_those_of_a_worker()


@worker_ready.connect
def raise_topics_apart(**_: object) -> None:
    from releaseorch.audit import events  # needs the apps, too

    events.raise_apart()


@worker_ready.connect
def keep_leases(**_: object) -> None:
    from releaseorch.runs.engine.keeper import keeper  # needs the apps, too

    keeper.stay()


@worker_ready.connect
def tidy_its_host(**_: object) -> None:
    from releaseorch.runs import tidying  # needs the apps, too

    tidying.keep_tidying()


@worker_ready.connect
def look_for_garbage_more_rarely(**_: object) -> None:
    from releaseorch.config import garbage  # its other half needs the apps, too

    garbage.settle()
