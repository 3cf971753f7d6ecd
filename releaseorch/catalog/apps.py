"""The catalog app."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "releaseorch.catalog"
    label = "catalog"
