"""Whether this installation can work now: sentences about what is missing, none when all is there."""

from celery import current_app
from django.db import Error
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from releaseorch.core import schema


def problems() -> list[str]:
    return [sentence for sentence in (database_problem(), broker_problem()) if sentence]


def database_problem() -> str:
    """Away, or without the tables of this version."""
    try:
        missing = sorted(schema.missing())
    except Error as away:
        return _("The database doesn't answer (%(why)s).") % {"why": first_line(away)}
    if not missing:
        return ""
    return _("%(n)d migrations are missing, the first is %(first)s. Run manage.py migrate.") % {
        "n": len(missing),
        "first": ".".join(missing[0]),
    }


def broker_problem() -> str:
    """Away; work by hand goes on without it, automated steps wait."""
    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)
    except (OperationalError, OSError) as away:
        return _("The broker doesn't answer (%(why)s).") % {"why": first_line(away)}
    return ""


def first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
