"""The pages."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "releaseorch.web"
    label = "web"
