"""The environments app."""

from django.apps import AppConfig


class EnvironmentsConfig(AppConfig):
    name = "releaseorch.environments"
    label = "environments"

    def ready(self) -> None:
        from releaseorch.catalog import deciding
        from releaseorch.core import sealing
        from releaseorch.environments import holdings, kept

        deciding.register(kept.short_names)
        holdings.register()
        kept.register()
        sealing.self_test()
