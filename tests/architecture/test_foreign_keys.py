"""Foreign keys obey the layers too; the import linter can't see those written as strings."""

import tomllib
from pathlib import Path

from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]


def ranks() -> dict[str, int]:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(one for one in config["contracts"] if one["type"] == "layers")["layers"]
    return {
        name.strip().rpartition(".")[2]: rank
        for rank, layer in enumerate(reversed(layers))
        for name in layer.split("|")
    }


def test_foreign_keys_point_down_or_sideways_within_an_app() -> None:
    rank = ranks()
    wrong = [
        f"{model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for model in apps.get_models()
        if model.__module__.startswith("releaseorch.")
        for field in model._meta.get_fields()
        if field.many_to_one
        and not field.auto_created
        and field.related_model._meta.app_label != model._meta.app_label
        and rank[field.related_model._meta.app_label] >= rank[model._meta.app_label]
    ]
    assert wrong == []


def test_foreign_keys_that_cross_apps_have_no_way_back() -> None:
    wrong = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model.__module__.startswith("releaseorch.")
        for field in model._meta.get_fields()
        if field.many_to_one
        and not field.auto_created
        and field.related_model._meta.app_label != model._meta.app_label
        and not field.remote_field.hidden
    ]
    assert wrong == []
