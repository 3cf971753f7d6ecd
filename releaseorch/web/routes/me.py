"""Addresses of one's own access."""

from django.urls import path

from releaseorch.web.views import me

urlpatterns = [
    path("me", me.me, name="me"),
    path("me/tokens/create", me.create_token, name="token-create"),
    path("me/tokens/<id:pk>/revoke", me.revoke_token, name="token-revoke"),
    path("me/password", me.change_password, name="password-change"),
    path("me/sessions/<slug:name>/end", me.end_session, name="session-end"),
]
