"""Addresses of logging in and out, and of the sign of life."""

from django.urls import path

from releaseorch.web.views import session

urlpatterns = [
    path("login", session.login, name="login"),
    path("logout", session.logout, name="logout"),
    path("healthz", session.healthz, name="healthz"),
]
