"""What may arrive in an address or a form at all, and readers for single values."""

import re
from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import BadRequest
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from releaseorch.web.converters import LARGEST_ID

# Databases disagree about NUL and lone surrogates (one stores, the other fails), so neither gets that far.
UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
LONGEST_QUERY_VALUE = 2000
MOST_PICKED = 500
FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


def check_readable(request: HttpRequest) -> None:
    """Refuse control characters and endless values, whichever page they are for."""
    if UNREADABLE.search(request.path_info):
        raise BadRequest(_("The address holds a control character."))
    for name, value in _pairs(request.GET):
        if len(value) > LONGEST_QUERY_VALUE:
            raise BadRequest(_("The value of “%(name)s” in the address is too long.") % {"name": name[:40]})
        _check(name, value)
    if request.method == "POST" and request.content_type in FORM_TYPES:
        for name, value in _pairs(request.POST):
            _check(name, value)


def _pairs(query: QueryDict) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, values in query.lists() for value in values]


def _check(name: str, value: str) -> None:
    if UNREADABLE.search(name) or UNREADABLE.search(value):
        raise BadRequest(
            _("“%(name)s” holds a control character. Take it out and try again.")
            % {"name": UNREADABLE.sub("?", name)[:40]}
        )


def seen_version(request: HttpRequest) -> int | None:
    """The version of the object that the form was drawn from; `None` when the form carries none."""
    return row_id(request.POST, "version")


def row_id(values: Mapping[str, str], name: str) -> int | None:
    """An id from a query or form; `None` when it is left out, 400 when it can't be one."""
    text = values.get(name, "").strip()
    return _whole(text) if text else None


def whole(values: Mapping[str, str], name: str) -> int | None:
    """A whole number from a form; `None` when it is left out, 400 when it is none."""
    return row_id(values, name)


def row_ids(values: QueryDict, name: str) -> list[int]:
    """Every id that was picked, each once; 400 when one can't be an id, or there are too many to look at."""
    picked = values.getlist(name)
    if len(picked) > MOST_PICKED:
        raise BadRequest(_("At most %(n)d can be picked at once.") % {"n": MOST_PICKED})
    ids = [row_id({name: text}, name) for text in picked]
    return list(dict.fromkeys(pk for pk in ids if pk is not None))


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= LARGEST_ID):
        raise BadRequest(_("“%(text)s” is not a number that can stand here.") % {"text": text[:40]})
    return int(text)


def moment(values: Mapping[str, str], name: str) -> datetime | None:
    """A date or a moment in the zone of the installation; `None` when left out, 400 when there is no such time."""
    text = values.get(name, "").strip()
    if not text:
        return None
    try:
        found = parse_datetime(text)
        day = parse_date(text) if found is None else None
        if day is not None:
            found = datetime(day.year, day.month, day.day)
        if found is not None:
            aware = timezone.make_aware(found) if timezone.is_naive(found) else found
            return aware.astimezone(timezone.get_default_timezone())
    except (ValueError, OverflowError):
        pass
    raise BadRequest(_("“%(text)s” is not a date.") % {"text": text[:40]})
