"""The environments app."""

from django.apps import AppConfig


class EnvironmentsConfig(AppConfig):
    name = "releaseorch.environments"
    label = "environments"

    def ready(self) -> None:
        from releaseorch.core import sealing
        from releaseorch.environments import holdings, kept

        holdings.register()
        kept.register()
        sealing.self_test()
