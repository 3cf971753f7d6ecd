"""What a person may do with a release, or why not."""

from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person
from releaseorch.core.actions import Action
from releaseorch.features.models import Release
from releaseorch.features.services.releases import scope_of
from releaseorch.features.states import RELEASE_MOVES


def actions_for(release: Release, person: Person) -> list[Action]:
    """The verbs that the state of the release allows, each with the reason when this person may not."""
    why_not = policy.why_not(person, "release.edit", scope_of(release))
    labels = {
        "lock": (_("Lock"), _("Nothing is added to it any more; features can still be taken out.")),
        "begin": (_("Begin"), _("It is being brought to its environments.")),
        "complete": (_("Complete"), _("Everything of it is where it belongs.")),
        "complete_with_exceptions": (_("Complete with exceptions"), _("The reason names what is missing.")),
        "abandon": (_("Abandon"), _("It is over, and nothing more can be filed for it.")),
    }
    return [
        Action(
            verb=verb,
            label=label,
            url=f"/releases/{release.pk}/{verb.replace('_', '-')}",
            allowed=not why_not,
            why_not=why_not,
            primary=verb in {"lock", "begin", "complete"},
            needs_reason=verb in {"complete_with_exceptions", "abandon"},
            consequence=consequence,
            version=release.row_version,
        )
        for verb, (label, consequence) in labels.items()
        if release.state in RELEASE_MOVES[verb].sources
    ]
