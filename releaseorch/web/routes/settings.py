"""Addresses of the settings."""

from django.urls import path

from releaseorch.web.views import settings

urlpatterns = [path("settings", settings.settings, name="settings")]
