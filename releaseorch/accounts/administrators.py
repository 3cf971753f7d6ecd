"""An installation never loses its last administrator."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.models import Q
from django.utils.translation import gettext as _

from releaseorch.accounts import policy
from releaseorch.accounts.models import Person, PersonKind, RoleGrant
from releaseorch.accounts.roles import Role, ScopeKind
from releaseorch.core.errors import NotAllowed

GRANTS = Q(role=Role.ADMINISTRATOR, scope_kind=ScopeKind.EVERYWHERE)


def administrators() -> set[int]:
    """The people who administrate everything, with no end set to it."""
    grants = policy.counting().filter(GRANTS, valid_until=None)
    people = Person.objects.filter(is_active=True, kind=PersonKind.HUMAN)
    return set(
        people.filter(
            Q(grants__in=grants) | Q(memberships__team__in=grants.exclude(team=None).values("team"))
        ).values_list("pk", flat=True)
    )


@contextmanager
def one_remains() -> Iterator[None]:
    """Refuse what is done inside when it would take away the last administrator; inside a transaction.

    The grants are the lock: two administrators who take each other's role at once come one after the other.
    """
    list(RoleGrant.objects.select_for_update().filter(GRANTS).order_by("pk").values_list("pk", flat=True))
    before = administrators()
    yield
    if before and not administrators():
        names = ", ".join(str(one) for one in Person.objects.filter(pk__in=before))
        raise NotAllowed(
            _("%(names)s would be the last administrator to go. Make somebody else an administrator first.")
            % {"names": names}
        )
