"""The environments app."""

from django.apps import AppConfig


class EnvironmentsConfig(AppConfig):
    name = "releaseorch.environments"
    label = "environments"

    def ready(self) -> None:
        from releaseorch.environments import holdings, sealing

        holdings.register()
        sealing.self_test()
