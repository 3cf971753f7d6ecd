"""The waiting app."""

from django.apps import AppConfig


class WaitingConfig(AppConfig):
    name = "releaseorch.waiting"
    label = "waiting"
