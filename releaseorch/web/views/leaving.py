"""The page on which all open work of a person is handed over before the account is closed."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from releaseorch.accounts import holdings, policy, queries, services
from releaseorch.accounts.models import Person, Team
from releaseorch.accounts.services.leaving import Heir
from releaseorch.core.errors import Invalid, NotAllowed
from releaseorch.web import links
from releaseorch.web.access import get_or_404, person_of
from releaseorch.web.http import perform, refusal, render_page
from releaseorch.web.verbs import Bounced

MOST_OFFERED = 1000
REST = "rest"
_NAMED = re.compile(r".*\(([^()]+)\)\s*\Z", re.DOTALL)


@require_http_methods(["GET", "HEAD", "POST"])
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """GET lists what the person holds, with a field for whoever gets it; POST does it all at once."""
    found = get_or_404(Person, pk=pk)
    if request.method != "POST":
        return _page(request, found)
    return perform(
        request,
        lambda seen: services.deactivate_person(
            actor=person_of(request), person=found, seen=seen, reason=request.POST.get("reason", ""),
            **_heirs(request),
        ),
        back=f"/people/{pk}",
        said=_("%(person)s is deactivated; everything was handed over.") % {"person": found},
        verb="deactivate",
        again=lambda bounced: _page(request, get_or_404(Person, pk=pk), bounced),
    )  # fmt: skip


def _page(request: HttpRequest, found: Person, bounced: Bounced | None = None) -> HttpResponse:
    reason = policy.why_not(person_of(request), "person.edit")
    if reason:
        return refusal(request, NotAllowed(reason), f"/people/{found.pk}")
    held = holdings.held_by(found)
    context: dict[str, Any] = {
        "subject": found,
        "held": [
            (one, links.page_of(one.kind, one.id), *_typed(bounced, f"to-{one.key}", one.key)) for one in held
        ],
        "rest": _typed(bounced, REST, REST),
        "people": Person.objects.filter(is_active=True).exclude(pk=found.pk)[:MOST_OFFERED],
        "teams": queries.in_use() if any(holdings.desk(one.desk).to_teams for one in held) else (),
        "others": _others(bounced, {REST, *(one.key for one in held)}),
        "bounced": bounced,
    }
    return render_page(request, "people/deactivate.html", context)


def _typed(bounced: Bounced | None, name: str, key: str) -> tuple[str, list[str]]:
    if bounced is None:
        return "", []
    return bounced.values.get(name, ""), bounced.errors.get(key, [])


def _others(bounced: Bounced | None, drawn: set[str]) -> list[str]:
    """The sentences that stand at no field of a holding."""
    errors = bounced.errors if bounced is not None else {}
    return [sentence for name, said in errors.items() if name not in drawn for sentence in said]


def _heirs(request: HttpRequest) -> dict[str, Any]:
    found = {
        name.removeprefix("to-"): _heir(name.removeprefix("to-"), str(value))
        for name, value in request.POST.items()
        if name.startswith("to-") and str(value).strip()
    }
    rest = request.POST.get(REST, "")
    return {"heirs": found, "rest": _heir(REST, rest) if rest.strip() else None}


def _heir(field: str, text: str) -> Heir:
    """`Theo Lindqvist (theo)`, `theo`, or `Claims (team)`."""
    named = _NAMED.match(text)
    word = named.group(1).strip() if named else text.strip()
    name = text.rsplit("(", 1)[0].strip() if named else text.strip()
    heir: Heir | None = Person.objects.filter(username=word).first()
    if heir is None:
        heir = Team.objects.filter(name=name).first()
    if heir is None:
        raise Invalid({field: _("There is nobody called %(name)s here.") % {"name": text.strip()[:100]}})
    return heir
