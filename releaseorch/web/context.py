"""What every page's shell shows: the navigation and who is logged in."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, TeamMember
from releaseorch.accounts.roles import Role
from releaseorch.core.models import Hold
from releaseorch.notifications.queries import unread_entries
from releaseorch.runs.models import DeploymentRun
from releaseorch.runs.states import RUN_ACTIVE
from releaseorch.waiting.models import Blocker, Interval
from releaseorch.web.http import wants_part

# Pages that the settings lead to.
SETTINGS = (
    "/people", "/teams", "/roles", "/applications", "/components", "/procedures", "/environments", "/connections",
    "/freezes", "/policies", "/exchange",
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """One line of the navigation; `apart` starts the quieter list below, `key` is the letter after g."""

    url: str
    label: str
    key: str = ""
    note: str = ""
    current: bool = False
    apart: bool = False
    live: str = ""  # where its note is fetched again when its topic changes


def shell(request: HttpRequest) -> dict[str, Any]:
    """`me`, `nav` and `held`: one query for the numbers and the hold, none for a part or for nobody."""
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return {"me": None, "nav": []}
    if wants_part(request):
        return {"me": person, "nav": []}
    waiting, unread, held = numbers_of(person)
    return {"me": person, "nav": places(request.path, waiting, unread), "held": held}


def numbers_of(person: Person) -> tuple[int, int, bool]:
    """How many things wait for this person, how much of the inbox is unread, whether a hold is open; one query."""
    counted = Person.objects.filter(pk=person.pk).annotate(
        waiting=_number(waiting_for(person)),
        unread=_number(unread_entries(person)),
        held=Exists(Hold.objects.filter(is_open=True)),
    )
    found: tuple[int, int, bool] = counted.values_list("waiting", "unread", "held").get()
    return found


def _number(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().annotate(all=Value(1)).values("all").annotate(number=Count("pk"))
    return Coalesce(Subquery(counted.values("number")), 0)


def waiting_for(person: Person) -> QuerySet[Interval]:
    """What waits for this person, one of their teams or roles, by the ledger."""
    teams = TeamMember.objects.filter(person=person).values("team_id")
    roles = {str(Role(grant.role).label) for grant in policy.grants_of(person)}
    mine = Q(blocker_kind=Blocker.PERSON, blocker_id=person.pk) | Q(
        blocker_kind=Blocker.TEAM, blocker_id__in=teams
    )
    mine |= Q(blocker_kind=Blocker.ROLE, blocker_name__in=roles)
    under_way = DeploymentRun.objects.filter(state__in=RUN_ACTIVE).values("pk")
    besides = Interval.objects.filter(mine, ended_at=None, is_primary=False).filter(subject_kind="step")
    mine |= Q(subject_kind="step", subject_id__in=besides.values("subject_id"))  # what went up to them
    waits = Interval.objects.filter(mine, ended_at=None, is_primary=True)
    return waits.exclude(subject_kind="run", subject_id__in=under_way)  # those wait by their steps


def places(path: str, waiting: int = 0, unread: int = 0) -> list[Place]:
    return [
        _place(path, "/", _("My work"), "m", str(waiting) if waiting else ""),
        _place(path, "/inbox", _("Inbox"), "i", str(unread) if unread else "", live="/inbox/unread"),
        _place(path, "/board", _("Board"), "b"),
        _place(path, "/requests", _("Requests"), "r"),
        _place(path, "/runs", _("Runs"), "u"),
        _place(path, "/releases", _("Releases"), "e"),
        _place(path, "/features", _("Features"), "f"),
        _place(path, "/where", _("Where is what"), "w"),
        _place(path, "/calendar", _("Calendar"), "c"),
        _place(path, "/audit", _("Audit"), "a", apart=True),
        _place(path, "/settings", _("Settings"), "s", also=SETTINGS),
        _place(path, "/me", _("My access"), "y"),
    ]


def _place(
    path: str,
    url: str,
    label: str,
    key: str,
    note: str = "",
    apart: bool = False,
    also: tuple[str, ...] = (),
    live: str = "",
) -> Place:
    """It is the current one on its own page, on those below it, and on those below `also`."""
    below = tuple(f"{one}/" for one in (url, *also)) if url != "/" else ()
    current = path == url or f"{path}/".startswith(below)
    return Place(url, label, key, note, current, apart, live)
