"""Make, edit, retire and restore applications."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, Team
from releaseorch.accounts.policy import Scope
from releaseorch.audit import edits, events
from releaseorch.catalog.models import Application
from releaseorch.catalog.services import retiring
from releaseorch.catalog.services.rights import scope_of
from releaseorch.catalog.states import Level
from releaseorch.core.checked import cleaned, insert, refuse_same_name, slug_of, text_of
from releaseorch.core.errors import Invalid
from releaseorch.core.text import folded

MOST_TAGS = 20
LONGEST_TAG = 40
RESERVED_SLUGS = ("new",)  # an address of its own


class ApplicationChanges(TypedDict, total=False):
    """What may be edited of an application."""

    name: str
    team: Team
    contact: str
    on_call_note: str
    criticality: str
    runbook_url: str
    is_restricted: bool
    level: Level
    tags: Sequence[str]


def create_application(
    *,
    actor: Person,
    name: str,
    team: Team,
    slug: str = "",
    contact: str = "",
    on_call_note: str = "",
    criticality: str = "",
    runbook_url: str = "",
    is_restricted: bool = False,
    level: Level = Level.TRAIN,
    tags: Sequence[str] = (),
) -> Application:
    """Raises `NotAllowed`, or `Invalid` also for a name that is taken, if only to the eye."""
    policy.require(actor, "application.edit", Scope.of(teams=[team.pk]))
    _refuse_taken(name)
    address = slug_of(Application, slug, name, "application", *RESERVED_SLUGS)
    made = cleaned(
        Application(
            name=name, slug=address, team=team, contact=contact, on_call_note=on_call_note, criticality=criticality,
            runbook_url=runbook_url, is_restricted=is_restricted, level=level, tags=tags_of(tags),
        )
    )  # fmt: skip
    with transaction.atomic():
        insert(made, "name", _taken(made.name))
        events.record(actor=actor, verb="application.created", subject=made, after={"team": team.name})
    return made


def edit_application(
    *,
    actor: Person,
    application: Application,
    seen: int | None = None,
    **changes: Unpack[ApplicationChanges],
) -> Application:
    """Change what is given; the address stays. Raises `NotAllowed`, `Conflict`, `Invalid`."""
    policy.require(actor, "application.edit", scope_of(application))
    if "team" in changes:
        policy.require(actor, "application.edit", Scope.of(teams=[changes["team"].pk]))
    if "name" in changes:
        _refuse_taken(changes["name"], besides=application.pk)
    if "tags" in changes:
        changes["tags"] = tags_of(changes["tags"])
    return edits.edit_row(
        actor=actor, row=application, seen=seen, values=changes, topics=["applications", "requests"]
    )


def retire_application(
    *, actor: Person, application: Application, reason: str, seen: int | None = None
) -> Application:
    """Nothing is filed for it from now on; its past stays. `Conflict` names what holds it."""
    policy.require(actor, "application.edit", scope_of(application))
    return retiring.retire(actor=actor, row=application, reason=reason, seen=seen)


def restore_application(
    *, actor: Person, application: Application, reason: str, seen: int | None = None
) -> Application:
    """It may be filed for again. Raises `NotAllowed`, `Invalid`, `Conflict` when it isn't retired."""
    policy.require(actor, "application.edit", scope_of(application))
    return retiring.restore(actor=actor, row=application, reason=reason, seen=seen)


def tags_of(given: Sequence[str]) -> list[str]:
    """Tags as they are kept: each once, in their order; raises `Invalid`."""
    found = {folded(tag): text_of(tag, "tags", limit=LONGEST_TAG) for tag in given}
    tags = [tag for tag in found.values() if tag]
    if len(tags) > MOST_TAGS:
        raise Invalid({"tags": _("An application has at most %(most)d tags.") % {"most": MOST_TAGS}})
    return tags


def _refuse_taken(name: str, besides: int | None = None) -> None:
    refuse_same_name(Application, name, _taken, besides=besides)


def _taken(name: str) -> str:
    return _("There is an application %(name)s already.") % {"name": name}
