"""What a person may do with an application, a component or a version, or why not."""

from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.catalog import holders
from releaseorch.catalog.models import Application, Component, ComponentVersion, Retirable
from releaseorch.catalog.services import scope_of
from releaseorch.core.actions import Action


def application_actions(application: Application, person: Person) -> dict[str, Action]:
    """By verb; two queries when it could be retired."""
    return _actions(application, application, f"/applications/{application.slug}", person)


def component_actions(component: Component, person: Person) -> dict[str, Action]:
    """By verb; two queries when it could be retired."""
    return _actions(component, component.application, f"/components/{component.pk}", person)


def _actions(row: Retirable, application: Application, page: str, person: Person) -> dict[str, Action]:
    why_not = policy.why_not(person, "application.edit", scope_of(application))
    found = [
        Action("edit", _("Edit"), f"{page}/edit", allowed=not why_not, why_not=why_not),
        _restore(row, page, why_not) if row.is_retired else _retire(row, page, why_not),
    ]
    return {action.verb: action for action in found}


def _retire(row: Retirable, page: str, why_not: str) -> Action:
    why_not = why_not or " ".join(holders.sentences(row))
    return Action(
        "retire", _("Retire"), f"{page}/retire", allowed=not why_not, why_not=why_not, needs_reason=True,
        version=row.row_version,
        consequence=_("Nothing is filed for it from now on. Its past and what is installed stay as they are."),
    )  # fmt: skip


def _restore(row: Retirable, page: str, why_not: str) -> Action:
    return Action(
        "restore", _("Restore"), f"{page}/restore", allowed=not why_not, why_not=why_not, needs_reason=True,
        version=row.row_version, consequence=_("It may be filed for again."),
    )  # fmt: skip


def version_action(version: ComponentVersion, person: Person) -> Action:
    """Block it, or say that it may be used again."""
    why_not = policy.why_not(person, "version.block", scope_of(version.component.application))
    verb = "unblock" if version.is_blocked else "block"
    words = {
        "block": (
            _("Block"),
            _("Nobody can file or approve it from now on; requests that hold it stand still."),
        ),
        "unblock": (_("Unblock"), _("It may be deployed again.")),
    }
    label, consequence = words[verb]
    return Action(
        verb, label, f"/versions/{version.pk}/{verb}", allowed=not why_not, why_not=why_not, needs_reason=True,
        consequence=consequence,
    )  # fmt: skip
