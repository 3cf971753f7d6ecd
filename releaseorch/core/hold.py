"""The hold: after a restore no automated step begins until a person who looked releases it. Here it is only read."""

from django.utils.translation import gettext as _

from releaseorch.core import schema
from releaseorch.core.models import Hold


def newest() -> Hold | None:
    """The open one, else the last that was released; one query."""
    return Hold.objects.order_by("-pk").first()


def is_open() -> bool:
    return Hold.objects.filter(is_open=True).exists()


def why_held() -> str:
    """Empty, or why no automated step begins now."""
    return sentence() if is_open() else ""


def sentence() -> str:
    return _(
        "The database is older than what was done by it, so no automated step begins. "
        "Look at what was running, then release the hold on the page “Hold after a restore”."
    )


def what_keeps_from_work() -> str:
    """Empty, or why this process begins no step: what worker and housekeeper say with their signs of life."""
    return schema.why_too_old() or why_held()
