"""An installation of its own for measuring: the real database, state folder and broker aren't touched."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from celery import current_app
from django.db import connection
from django.test.utils import override_settings, setup_databases, teardown_databases


@contextmanager
def messages_to(broker_url: str) -> Iterator[None]:
    """Inside: this process sends its messages there; afterwards to where it sent them before."""
    before = current_app.conf.broker_url
    current_app.conf.update(broker_url=broker_url)
    try:
        yield
    finally:
        current_app.conf.update(broker_url=before)


@contextmanager
def scratch_installation() -> Iterator[None]:
    """Inside: an empty, migrated database beside the configured one, gone afterwards; messages stay in this process."""
    with TemporaryDirectory(prefix="releaseorch-benchmark-") as folder:
        name = f"benchmark_{os.getpid()}"
        is_file = connection.vendor == "sqlite"
        connection.settings_dict["TEST"]["NAME"] = str(Path(folder) / f"{name}.sqlite3") if is_file else name
        with override_settings(STATE_DIR=Path(folder)), messages_to("memory://localhost/"):
            before = setup_databases(verbosity=0, interactive=False, serialized_aliases=[])
            try:
                yield
            finally:
                teardown_databases(before, verbosity=0)
