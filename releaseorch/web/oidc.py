"""The protocol of logging in by an OpenID provider: discovery, code with PKCE, state, nonce, a signed answer.

django-allauth speaks it; what it leaves out (nonce, signature, the issuer that was set) is checked here. Import this
module where it is used only: without a provider in the settings, allauth's apps aren't there.
"""

import hmac
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import jwt
import requests
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from releaseorch.accounts.services import Claim
from releaseorch.core.errors import NotAllowed
from releaseorch.core.readiness import first_line

logger = logging.getLogger(__name__)

KIND = "openid_connect"
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
CLIENT_AUTH = {"auto": "", "post": "client_secret_post", "basic": "client_secret_basic"}
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
CLOCKS_APART_S = 60
LONGEST_SUBJECT = 255
LONGEST_EMAIL = 254
NONCE, CODE_VERIFIER = "nonce", "pkce_code_verifier"
NONSENSE = (
    requests.RequestException,
    OAuth2Error,
    jwt.PyJWTError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
)


class NoSense(Exception):
    """The provider can't be reached, or what it answers is not what the protocol says; a sentence for people."""


class Asking(DefaultSocialAccountAdapter):
    """How allauth asks the provider: five seconds, and our secret goes nowhere that it redirects to."""

    def get_requests_session(self) -> requests.Session:
        session: requests.Session = super().get_requests_session()
        session.max_redirects = 0
        return session


class _Provider(OpenIDConnectProvider):
    def __init__(self, request: HttpRequest | None) -> None:
        app = SocialApp(
            provider=KIND,
            provider_id=settings.OIDC_ISSUER,
            name=settings.OIDC_NAME,
            client_id=settings.OIDC_CLIENT_ID,
            secret=settings.OIDC_CLIENT_SECRET,
            settings={
                "server_url": settings.OIDC_ISSUER.rstrip("/"),
                "oauth_pkce_enabled": True,
                "token_auth_method": CLIENT_AUTH[settings.OIDC_CLIENT_AUTH],
            },
        )
        super().__init__(request, app=app)
        self.steps = _Steps(request, self)

    def get_oauth2_adapter(self, request: HttpRequest) -> "_Steps":
        return self.steps


class _Steps(OpenIDConnectOAuth2Adapter):
    def __init__(self, request: HttpRequest | None, provider: _Provider) -> None:
        super().__init__(request, settings.OIDC_ISSUER)
        self._provider = provider

    def get_provider(self) -> _Provider:
        return self._provider

    @property
    def openid_config(self) -> dict[str, Any]:
        found: dict[str, Any] = super().openid_config
        if found["issuer"] != settings.OIDC_ISSUER:
            raise ValueError(f"it calls itself {str(found['issuer'])[:200]!r}")
        for name in ENDPOINTS:
            if urlsplit(found[name]).scheme not in {"https", urlsplit(settings.OIDC_ISSUER).scheme}:
                raise ValueError(f"its {name} is no https address")
        return found

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return f"{settings.BASE_URL}{reverse('oidc-callback')}"


def begin(request: HttpRequest, carried: dict[str, str]) -> str:
    """The address of the provider to go to; `carried` comes back with the person. Raises `NoSense`."""
    nonce = secrets.token_urlsafe(32)
    provider = _Provider(request)
    with _sense():
        # Seen before anything is written into a session.
        provider.steps.openid_config  # noqa: B018
        leads = provider.redirect(
            request, "login", data={**carried, NONCE: nonce}, auth_params={NONCE: nonce}
        )
    return str(leads.url)


def finish(request: HttpRequest) -> tuple[Claim, dict[str, str]]:
    """What the provider has proved of who comes back, and what was carried. Raises `NoSense`, `NotAllowed`."""
    provider = _Provider(request)
    try:
        state = provider.unstash_redirect_state(request, request.GET.get("state", ""))
    except PermissionDenied:  # not asked for by this browser; who is sent back empty-handed may lack it
        state = None
    if "error" in request.GET or "code" not in request.GET:
        raise NotAllowed(_why_sent_back(request.GET.get("error", "")))
    if state is None:
        raise NotAllowed(_("This log-in was begun in another browser, or too long ago. Begin once more."))
    carried = dict(state["data"])
    nonce = carried.pop(NONCE)
    with _sense():
        steps = provider.steps
        client = steps.get_client(request, provider.app)
        answer = steps.get_access_token_data(
            request, provider.app, client, pkce_code_verifier=state[CODE_VERIFIER]
        )
        claims = _verified(steps, answer["id_token"], nonce)
        if "email" not in claims:
            claims = _with_userinfo(steps, claims, answer["access_token"])
        return _claim(claims), carried


def look() -> None:
    """Read the provider's discovery document and keys, as the doctor does; raises what is wrong."""
    _keys(_Provider(None).steps)


def _why_sent_back(error: str) -> str:
    name = {"name": settings.OIDC_NAME}
    if error == "access_denied":
        return _("%(name)s didn't let you through, or you cancelled there. Nobody was logged in.") % name
    logger.warning("The OpenID provider sent somebody back with the error %r.", error[:100])
    return _("%(name)s sent you back without logging you in. Try again, or tell an administrator.") % name


@contextmanager
def _sense() -> Iterator[None]:
    """Whatever a provider may answer ends in one sentence; the log says what it was, and holds no secret."""
    try:
        yield
    except NONSENSE as broken:
        logger.warning("The OpenID provider: %s: %s", type(broken).__name__, first_line(broken)[:300])
        raise NoSense(
            _(
                "%(name)s doesn't answer as it should, so nobody was logged in. Try again in a moment; "
                "if it stays like this, tell an administrator."
            )
            % {"name": settings.OIDC_NAME}
        ) from broken


def _keys(steps: _Steps) -> list[jwt.PyJWK]:
    with get_adapter().get_requests_session() as session:
        answer = session.get(steps.openid_config["jwks_uri"])
        answer.raise_for_status()
    return jwt.PyJWKSet.from_dict(answer.json()).keys


def _verified(steps: _Steps, token: str, nonce: str) -> dict[str, Any]:
    """The claims of an id token: signed by the issuer that was set, for us, in time, in answer to our question."""
    name = jwt.get_unverified_header(token).get("kid")
    keys = [key for key in _keys(steps) if name in {None, key.key_id}]
    if len(keys) != 1:
        raise ValueError(f"{len(keys)} of its keys could have signed")
    claims: dict[str, Any] = jwt.decode(
        token,
        keys[0],
        algorithms=ALGORITHMS,
        audience=settings.OIDC_CLIENT_ID,
        issuer=settings.OIDC_ISSUER,
        leeway=CLOCKS_APART_S,
        options={"require": ["iss", "aud", "exp", "iat", "sub", "nonce"]},
    )
    if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise ValueError("the nonce is another one")
    if claims.get("azp", settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID:
        raise ValueError("it was given to somebody else")
    return claims


def _with_userinfo(steps: _Steps, claims: dict[str, Any], access_token: str) -> dict[str, Any]:
    """Some providers say the e-mail only there."""
    more = steps._fetch_user_info(access_token)
    if more["sub"] != claims["sub"]:
        raise ValueError("userinfo is about somebody else")
    return {**more, **claims}


def _claim(claims: dict[str, Any]) -> Claim:
    subject, email = claims["sub"], claims.get("email", "")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise ValueError("the subject can't be kept")
    if not isinstance(email, str) or len(email) > LONGEST_EMAIL or "\0" in subject + email:
        raise ValueError("the e-mail is none")
    verified = claims.get("email_verified") in (True, "true") or settings.OIDC_EMAIL_IS_VERIFIED
    return Claim(settings.OIDC_ISSUER, subject, email, verified)
