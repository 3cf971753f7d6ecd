"""Forgets what was read, or mailed, long ago; what nobody has read stays."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from releaseorch.core import clock
from releaseorch.notifications.models import InboxEntry
from releaseorch.notifications.states import Sending

EVERY_S = 600.0
PORTION = 1000  # rows in one short transaction
MOST = 50  # portions in one round; the rest is for the next


def sweep() -> int:
    """Delete in portions what was read before the days that are set, and what was for the mail alone; how many."""
    done = 0
    for _round in range(MOST):
        pks = list(_over().order_by("pk").values_list("pk", flat=True)[:PORTION])
        done += InboxEntry.objects.filter(pk__in=pks).delete()[0]
        if len(pks) < PORTION:
            break
    return done


def _over() -> "QuerySet[InboxEntry]":
    moment = clock.now() - timedelta(days=float(settings.INBOX_KEEP_DAYS))
    rows = InboxEntry.objects.exclude(mail=Sending.WAITING)
    return rows.filter(Q(read_at__lt=moment) | Q(in_inbox=False, at__lt=moment))
