"""The calendar: what is under way, and what begins in the next 30 days, day by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from releaseorch.catalog.models import Application
from releaseorch.core import clock
from releaseorch.delivery import calendar_queries
from releaseorch.delivery.calendar_queries import Entry, Wanted
from releaseorch.environments.models import Environment
from releaseorch.web import inputs
from releaseorch.web.choices import offer
from releaseorch.web.http import render_page


@dataclass(frozen=True)
class Day:
    date: date
    is_today: bool
    is_tomorrow: bool
    entries: Sequence[Entry]


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """`?environment=3&application=12`, the application by id or name."""
    environment = inputs.row_id(request.GET, "environment")
    applications = offer("application", Application.objects.all(), request.GET)
    now = clock.now()
    entries = calendar_queries.calendar(Wanted(environment, applications.chosen))
    context = {
        "under_way": [entry for entry in entries if entry.starts_at <= now],
        "days": _days([entry for entry in entries if entry.starts_at > now]),
        "environments": Environment.objects.all(),
        "applications": applications,
        "environment": environment,
        "filtered": environment is not None or applications.chosen is not None,
        "ends": localdate(now + calendar_queries.SPAN),
    }
    return render_page(request, "calendar/calendar.html", context, partial="entries")


def _days(entries: Sequence[Entry]) -> list[Day]:
    today = localdate(clock.now())
    return [
        Day(day, day == today, day == today + timedelta(days=1), list(found))
        for day, found in groupby(entries, key=lambda entry: localdate(entry.starts_at))
    ]
