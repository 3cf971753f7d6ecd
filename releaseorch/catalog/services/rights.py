"""Where a verb on an application acts."""

from releaseorch.accounts.policy import Scope
from releaseorch.catalog.models import Application


def scope_of(application: Application) -> Scope:
    return Scope.of(teams=[application.team_id], application=application.pk)
