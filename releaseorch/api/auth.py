"""Who calls the API: a person's session, or a token with scopes."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from releaseorch.accounts import tokens
from releaseorch.accounts.models import Person, Token
from releaseorch.core import clock

USED_EVERY = timedelta(minutes=1)  # a write per call would be more work than most calls


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer rlo_…`; a token in the address is never looked at."""

    def authenticate(self, request: Request) -> tuple[Person, Token] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        token = tokens.find_token(words[1].decode("ascii", "replace")) if len(words) == 2 else None
        if token is None:
            raise AuthenticationFailed(_("This token is unknown, has expired or was revoked."))
        now = clock.now()
        if token.last_used_at is None or now - token.last_used_at > USED_EVERY:
            Token.objects.filter(pk=token.pk).update(last_used_at=now)
        return token.person, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="releaseorch"'


class Scoped(BasePermission):
    """Deny unless somebody is known, and a token has the scope that the view names for this action.

    A view says `scope = "requests:write"` for its unsafe actions, or `scopes = {"approve": "approve"}` per action.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return False
        if not isinstance(request.auth, Token):
            return True  # a session: what the person may is asked by the services
        needed = needed_scope(request.method or "", view)
        self.message = _("This token lacks the scope %(scope)s.") % {"scope": needed}
        return needed in request.auth.scopes


def needed_scope(method: str, view: Any) -> str:
    if method in SAFE_METHODS:
        return "read"
    special: dict[str, str] = getattr(view, "scopes", {})
    return special.get(getattr(view, "action", "") or "", str(view.scope))


class TokenScheme(OpenApiAuthenticationExtension):
    """What the OpenAPI document says about tokens."""

    target_class = "releaseorch.api.auth.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "rlo_…"}
