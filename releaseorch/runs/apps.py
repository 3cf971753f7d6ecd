"""The runs app."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "releaseorch.runs"
    label = "runs"
