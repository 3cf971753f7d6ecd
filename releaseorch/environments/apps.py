"""The environments app."""

from django.apps import AppConfig


class EnvironmentsConfig(AppConfig):
    name = "releaseorch.environments"
    label = "environments"

    def ready(self) -> None:
        from releaseorch.environments import holdings, kept, sealing

        holdings.register()
        kept.register()
        sealing.self_test()
