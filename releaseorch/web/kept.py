"""Keeps what somebody types, so that it outlives a closed window, a lost race and an ended session."""

import json
import re
from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from releaseorch.accounts.models import Person
from releaseorch.core import clock
from releaseorch.core.errors import Invalid
from releaseorch.web import inputs
from releaseorch.web.models import KeptForm
from releaseorch.web.paths import came_from

LIFE = timedelta(days=14)
SWEEP_EVERY_S = 3600.0
MOST_BYTES = 64 * 1024
MOST_ROWS = 50
CARRIED_FOR_S = 24 * 3600
SALT = "releaseorch.web.kept"

KEEP, START_OVER = "keep", "start-over"  # the buttons of a form that is kept while it is typed
SECRET = re.compile("csrf|password|secret|token|^code$", re.IGNORECASE)
WRITTEN = {
    "comment": gettext_lazy("Comment"),
    "instructions": gettext_lazy("Instructions"),
    "name": gettext_lazy("Name"),
    "note": gettext_lazy("Note"),
    "reason": gettext_lazy("Reason"),
    "text": gettext_lazy("Text"),
    "title": gettext_lazy("Title"),
    "url": gettext_lazy("Link"),
}
PRESSED = frozenset({"do", "turn", "opened"})  # belong to one sending of a form, not to what was typed
LONGEST_ADDRESS = 500
Pairs = list[list[str]]


@dataclass(frozen=True)
class Typed:
    """A field on a page that shows what was typed, to be copied."""

    label: str
    text: str


def fields_of(posted: QueryDict) -> Pairs:
    """What was typed: no secret, no token, no button, no file."""
    return [
        [name, str(value)]
        for name, values in posted.lists()
        if name not in PRESSED and not SECRET.search(name)
        for value in values
    ]


def texts_of(posted: QueryDict) -> list[Typed]:
    """What a person wrote, without choices, ids and hidden fields."""
    found = ((_kind_of(name), value.strip()) for name, value in fields_of(posted))
    return [
        Typed(str(WRITTEN.get(kind, kind.replace("_", " ").capitalize())), text)
        for kind, text in found
        if text and (kind in WRITTEN or re.search(r"\s", text))
    ]


def _kind_of(name: str) -> str:
    """A field of a line (instructions-3) has the name of its kind."""
    return re.sub(r"-\d+$", "", name)


def keep(person: Person, address: str, page: str, fields: Pairs, turn: int | None = None) -> KeptForm | None:
    """Keep the form as typed last; None when the window drew it before it was saved or started over elsewhere.

    Raises `Invalid` when it is too much to keep. A `turn` of None takes the present one.
    """
    if len(address) > LONGEST_ADDRESS or not _can_be_kept(fields):
        raise Invalid({"": _("This is too long to be kept while you type. Save it as a draft.")})
    values = {"fields": fields, "page": page[:LONGEST_ADDRESS], "at": clock.now()}
    with transaction.atomic():
        row, is_new = KeptForm.objects.get_or_create(
            person=person, address=address, defaults={**values, "turn": turn or 0}
        )
        if is_new:
            _drop_oldest(person)
            return row
        drawn = row.turn if turn is None else turn
        changed = KeptForm.objects.filter(pk=row.pk, turn=drawn).update(**values)
    return KeptForm(pk=row.pk, person=person, address=address, turn=drawn, **values) if changed else None


def _can_be_kept(fields: Pairs) -> bool:
    if any(inputs.UNREADABLE.search(text) for pair in fields for text in pair):
        return False
    return len(json.dumps(fields, ensure_ascii=False).encode()) <= MOST_BYTES


def _drop_oldest(person: Person) -> None:
    newest = KeptForm.objects.filter(person=person).order_by("-at", "-pk").values_list("pk", flat=True)
    KeptForm.objects.filter(pk__in=list(newest[MOST_ROWS : MOST_ROWS * 2])).delete()


def discard(person: Person, address: str) -> None:
    """It was saved or is started over: from now on older windows keep nothing. Inside the transaction of the verb."""
    if not KeptForm.objects.filter(person=person, address=address).update(
        fields=None, turn=F("turn") + 1, at=clock.now()
    ):
        KeptForm.objects.get_or_create(person=person, address=address, defaults={"turn": 1})


def forget(person: Person, address: str) -> None:
    """The verb was done: what was typed for it needs to be kept no longer."""
    KeptForm.objects.filter(person=person, address=address, fields__isnull=False).delete()


def address_of(request: HttpRequest) -> str:
    """Where the form is sent, with what its page was opened for (`?application=3`): that is another form then.

    Its action has no query, so it carries that of its page as `opened`.
    """
    wanted = QueryDict(request.POST.get("opened", request.GET.urlencode())).urlencode()
    return f"{request.path}?{wanted}" if wanted else request.path


def of_person(person: Person) -> list[KeptForm]:
    """All that wait for the person to come back, newest first; one query."""
    return list(KeptForm.objects.filter(person=person, fields__isnull=False).order_by("-at"))


def at_address(person: Person, address: str) -> KeptForm | None:
    """What is kept of this form, with `fields` None where only its turn is known."""
    return KeptForm.objects.filter(person=person, address=address).first()


def filled(request: HttpRequest, address: str) -> KeptForm | None:
    """What is kept of a form that a page draws among others; all of a page cost one query."""
    person = getattr(request, "user", None)
    if not isinstance(person, Person):
        return None
    found: dict[str, KeptForm] | None = getattr(request, "kept_forms", None)
    if found is None:
        found = {row.address: row for row in of_person(person)}
        request.kept_forms = found  # type: ignore[attr-defined]
    return found.get(address)


def carried(request: HttpRequest) -> str:
    """A form that came too late, sealed to travel through the login; empty when it came from nowhere of ours.

    A form from another site must not wait filled for whoever logs in.
    """
    page, fields = came_from(request), fields_of(request.POST)
    if not page or len(page) > LONGEST_ADDRESS or not _can_be_kept(fields):
        return ""
    form = {"address": address_of(request), "page": page, "fields": fields}
    return signing.dumps(form, salt=SALT, compress=True)


def is_ours(sealed: str) -> bool:
    """Whether we have sealed this, lately."""
    try:
        signing.loads(sealed, salt=SALT, max_age=CARRIED_FOR_S)
    except signing.BadSignature:
        return False
    return True


def brought_back(person: Person, sealed: str) -> str:
    """Keep what was carried for the person who has logged in; the page to go to, empty when there is nothing."""
    try:
        found = signing.loads(sealed, salt=SALT, max_age=CARRIED_FOR_S)
        keep(person, found["address"], found["page"], found["fields"])
    except (signing.BadSignature, Invalid):
        return ""
    return str(found["page"])


def sweep() -> int:
    """Delete what nobody came back to."""
    return KeptForm.objects.filter(at__lt=clock.now() - LIFE).delete()[0]
