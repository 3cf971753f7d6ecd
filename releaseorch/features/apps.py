"""The features app."""

from django.apps import AppConfig


class FeaturesConfig(AppConfig):
    name = "releaseorch.features"
    label = "features"

    def ready(self) -> None:
        from releaseorch.features import holdings

        holdings.register()
