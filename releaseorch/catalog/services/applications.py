"""Make applications and their components."""

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, Team
from releaseorch.accounts.policy import Scope
from releaseorch.audit import events
from releaseorch.catalog.models import (
    Application,
    Component,
    Procedure,
)
from releaseorch.catalog.services.rights import scope_of
from releaseorch.catalog.states import Level
from releaseorch.core.checked import cleaned, insert


def create_application(
    *,
    actor: Person,
    name: str,
    team: Team,
    slug: str = "",
    contact: str = "",
    criticality: str = "",
    runbook_url: str = "",
    level: Level = Level.TRAIN,
    tags: Sequence[str] = (),
) -> Application:
    """Raises `NotAllowed`, or `Invalid` also for a name that is taken."""
    policy.require(actor, "application.edit", Scope.of(teams=[team.pk]))
    made = cleaned(
        Application(
            name=name, slug=slug or slugify(name), team=team, contact=contact, criticality=criticality,
            runbook_url=runbook_url, level=level, tags=list(tags),
        )
    )  # fmt: skip
    with transaction.atomic():
        insert(made, "name", _("There is an application %(name)s already.") % {"name": made.name})
        events.record(actor=actor, verb="application.created", subject=made, after={"team": team.name})
    return made


def create_component(
    *,
    actor: Person,
    application: Application,
    name: str,
    kind: str = "",
    procedure: Procedure | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Component:
    """Raises `NotAllowed`, or `Invalid` also for a name that the application has already."""
    policy.require(actor, "application.edit", scope_of(application))
    made = cleaned(
        Component(
            application=application,
            name=name,
            kind=kind,
            procedure=procedure,
            parameters=dict(parameters or {}),
        )
    )
    with transaction.atomic():
        insert(
            made,
            "name",
            _("%(application)s has a component %(name)s already.")
            % {"application": application, "name": made.name},
        )
        events.record(
            actor=actor, verb="component.created", subject=made, after={"application": application.name}
        )
    return made
