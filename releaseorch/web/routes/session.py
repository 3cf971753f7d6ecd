"""Addresses of logging in and out."""

from django.urls import path

from releaseorch.web.views import session

urlpatterns = [
    path("login", session.login, name="login"),
    path("logout", session.logout, name="logout"),
]
