"""Whether anything changed at all: how many rows each of our tables has."""

from django.apps import apps


def row_counts() -> dict[str, int]:
    """How many rows each of our tables has."""
    return {
        model._meta.label: model._base_manager.count()
        for model in apps.get_models()
        if model.__module__.startswith("releaseorch.")
    }
