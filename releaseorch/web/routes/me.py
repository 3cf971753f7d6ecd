"""Addresses of one's own access."""

from django.urls import path

from releaseorch.web.views import me, second_factor

urlpatterns = [
    path("me", me.me, name="me"),
    path("me/tokens/create", me.create_token, name="token-create"),
    path("me/tokens/<id:pk>/revoke", me.revoke_token, name="token-revoke"),
    path("me/password", me.change_password, name="password-change"),
    path("me/second-factor", second_factor.page, name="second-factor"),
    path("me/second-factor/begin", second_factor.begin, name="second-factor-begin"),
    path("me/second-factor/confirm", second_factor.confirm, name="second-factor-confirm"),
    path("me/second-factor/renew-codes", second_factor.renew_codes, name="second-factor-renew-codes"),
    path("me/second-factor/remove", second_factor.remove, name="second-factor-remove"),
    path("me/sessions/<slug:name>/end", me.end_session, name="session-end"),
]
