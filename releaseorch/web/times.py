"""Moments and durations in the words of the pages."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.dates import MONTHS_3, WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from releaseorch.core import clock

MINUTE, HOUR, DAY = 60, 3600, 86400


def patterns() -> dict[str, str]:
    """What clock.js says while a page stands open."""
    return {
        "seconds": _("%(n)d s"),
        "minutes": _("%(n)d min"),
        "hours": _("%(hours)d h %(minutes)02d"),
        "days_and_hours": _("%(days)d d %(hours)d h"),
        "days": _("%(n)d d"),
        "now": _("just now"),
        "late": _("%(span)s late"),
        "ahead": _("in %(span)s"),
    }


def duration(span: timedelta | float | None) -> str:
    """Seconds or a timedelta as "38 s", "9 min", "2 h 58", "1 d 4 h"; nothing as a dash."""
    if span is None:
        return "–"
    seconds = int(span.total_seconds() if isinstance(span, timedelta) else span)
    if seconds < 0:
        return "−" + duration(-seconds)
    if seconds < MINUTE:
        return _("%(n)d s") % {"n": seconds}
    if seconds < HOUR:
        return _("%(n)d min") % {"n": seconds // MINUTE}
    if seconds < DAY:
        return _("%(hours)d h %(minutes)02d") % {
            "hours": seconds // HOUR,
            "minutes": seconds % HOUR // MINUTE,
        }
    days, hours = seconds // DAY, seconds % DAY // HOUR
    if hours and days < 10:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    return _("%(n)d d") % {"n": days}


def age(moment: datetime) -> str:
    """How long ago; under a minute it says so instead of counting seconds."""
    seconds = (clock.now() - moment).total_seconds()
    if seconds < 0:
        return _("in %(span)s") % {"span": duration(-seconds)}
    return _("just now") if seconds < MINUTE else duration(seconds)


def until(moment: datetime) -> str:
    """How long still, or how late: "in 3 h 40", "21 min late"."""
    seconds = (moment - clock.now()).total_seconds()
    if seconds < 0:
        return _("%(span)s late") % {"span": duration(-seconds)}
    return _("in %(span)s") % {"span": duration(seconds)}


def stamp(moment: datetime) -> str:
    """ "Sat 21 Nov 22:58", with the year when it is another one than now."""
    zone = timezone.get_current_timezone()
    local = moment.astimezone(zone)
    year = "" if local.year == clock.now().astimezone(zone).year else f" {local.year}"
    weekday, month = str(WEEKDAYS_ABBR[local.weekday()]), str(MONTHS_3[local.month]).title()
    return f"{weekday} {local.day} {month}{year} {_clock(local)}"


def time_of_day(moment: datetime) -> str:
    """ "22:58", where the day is known."""
    return _clock(timezone.localtime(moment))


def _clock(local: datetime) -> str:
    return f"{local.hour:02}:{local.minute:02}"


def exact(moment: datetime) -> str:
    """ "2026-11-21 22:58:16 UTC": to the second, with its zone."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S %Z}"
