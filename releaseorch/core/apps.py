"""The core app."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "releaseorch.core"
    label = "core"
