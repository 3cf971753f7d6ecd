"""Addresses of the settings, and of what they show in words only."""

from django.urls import path

from releaseorch.web.views import settings

urlpatterns = [
    path("settings", settings.settings, name="settings"),
    path("policies", settings.policies, name="policies"),
]
