"""The integrations app."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "releaseorch.integrations"
    label = "integrations"
