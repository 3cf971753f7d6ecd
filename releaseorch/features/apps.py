"""The features app."""

from django.apps import AppConfig


class FeaturesConfig(AppConfig):
    name = "releaseorch.features"
    label = "features"
