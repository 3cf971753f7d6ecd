"""The first administrator: there is no default account, and whoever may run commands on the server makes this one."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from releaseorch.accounts import administrators
from releaseorch.accounts.models import Person, RoleGrant
from releaseorch.accounts.roles import Role
from releaseorch.accounts.services.grants import said
from releaseorch.audit import events
from releaseorch.core.actor import System
from releaseorch.core.checked import cleaned, insert
from releaseorch.core.errors import Conflict, Invalid

SETUP = System("Setup")


def why_not() -> str:
    """Empty, or who is an administrator already."""
    found = Person.objects.filter(pk__in=administrators.administrators())
    if not found:
        return ""
    names = ", ".join(f"{one.name} ({one.username})" for one in found)
    return _("There is an administrator already: %(names)s. Nothing was changed.") % {"names": names}


def create_first_administrator(*, username: str, name: str, email: str, password: str) -> Person:
    """Raises `Conflict` when there is an administrator already, `Invalid` also for a weak password."""
    person = Person(username=username, name=name, email=email)
    try:
        validate_password(password, person)
    except ValidationError as weak:
        raise Invalid({"password": weak.messages}) from weak
    person.set_password(password)
    cleaned(person)
    with transaction.atomic():
        if already := why_not():
            raise Conflict(already)
        insert(person, "username", _("There is a user name %(name)s already.") % {"name": username})
        grant = RoleGrant.objects.create(person=person, role=Role.ADMINISTRATOR)
        events.record(actor=SETUP, verb="person.created", subject=person, after={"username": username})
        events.record(actor=SETUP, verb="password.set", subject=person)
        events.record(actor=SETUP, verb="role.granted", subject=grant, after=said(grant))
    return person
