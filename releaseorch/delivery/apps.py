"""The delivery app."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "releaseorch.delivery"
    label = "delivery"

    def ready(self) -> None:
        from releaseorch.delivery import hooks

        hooks.register()
