"""Addresses of logging in and out."""

from django.urls import path

from releaseorch.web.views import oidc, session

urlpatterns = [
    path("login", session.login, name="login"),
    path("login/code", session.code, name="login-code"),
    path("login/oidc", oidc.begin, name="oidc-begin"),
    path("login/oidc/callback", oidc.callback, name="oidc-callback"),
    path("logout", session.logout, name="logout"),
]
