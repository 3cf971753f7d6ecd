"""An installation that begins with one administrator: for somebody who brings applications of their own."""

import secrets

from releaseorch.accounts import first_administrator
from releaseorch.integrations.demo.fixtures import Places
from releaseorch.integrations.demo.logins import write_logins

USERNAME, NAME, EMAIL = "admin", "Administrator", "admin@example.org"


def begin(places: Places) -> None:
    """Does nothing where somebody is an administrator already."""
    if first_administrator.why_not():
        return
    password = secrets.token_urlsafe(12)
    first_administrator.create_first_administrator(
        username=USERNAME, name=NAME, email=EMAIL, password=password
    )
    write_logins(
        places, [{"username": USERNAME, "password": password, "name": NAME, "role": "Administrator"}]
    )
