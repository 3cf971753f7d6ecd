"""What keeps an environment from being retired down here: who keeps it, or an application in it."""

from django.utils.translation import gettext as _

from releaseorch.catalog import holders
from releaseorch.catalog.models import Retirable
from releaseorch.environments import ahead
from releaseorch.environments.models import Environment


def register() -> None:
    holders.register("reservations", sentences)


def short_names() -> set[str]:
    """Those that a procedure may name; one query."""
    return set(Environment.objects.values_list("slug", flat=True))


def sentences(row: Retirable) -> list[str]:
    if not isinstance(row, Environment):
        return []
    return [
        _("%(kept)s. Give it back first.") % {"kept": ahead.kept_sentence(one).rstrip(".")}
        for one in ahead.reservations_of(row)
    ]
