"""The catalog app."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "releaseorch.catalog"
    label = "catalog"

    def ready(self) -> None:
        from releaseorch.catalog import holdings

        holdings.register()
