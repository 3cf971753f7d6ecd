from collections.abc import Callable, Hashable
from typing import Any

import releaseorch.core.fields
import releaseorch.core.text
from django.db import migrations, models
from releaseorch.core.fields import NAME_LENGTH, name_key

BATCH = 500
WITHIN: dict[str, Callable[[Any], Hashable]] = {
    "Environment": lambda row: None,
    "Target": lambda row: row.environment_id,
}


def fill_name_keys(apps: Any, schema_editor: Any) -> None:
    """Of two names that were the same to the eye already, the later keeps a key of its own until it is renamed."""
    for name, within in WITHIN.items():
        model = apps.get_model("environments", name)
        taken: set[tuple[Hashable, str]] = set()
        rows = []
        for row in model.objects.order_by("pk").iterator(BATCH):
            row.name_key = name_key(row.name)
            if (within(row), row.name_key) in taken:
                row.name_key = f"{row.name_key[: NAME_LENGTH - 24]} ~{row.pk}"
            taken.add((within(row), row.name_key))
            rows.append(row)
        for start in range(0, len(rows), BATCH):
            model.objects.bulk_update(rows[start : start + BATCH], ["name_key"])


class Migration(migrations.Migration):

    dependencies = [
        ("environments", "0002_reservations_and_freezes"),
    ]

    operations = [
        migrations.AddField(
            model_name="environment",
            name="name_key",
            field=releaseorch.core.fields.NameKey(blank=True, default="", editable=False, follows="name", max_length=200),
        ),
        migrations.AddField(
            model_name="target",
            name="name_key",
            field=releaseorch.core.fields.NameKey(blank=True, default="", editable=False, follows="name", max_length=200),
        ),
        migrations.AddField(
            model_name="target",
            name="retired_reason",
            field=models.TextField(blank=True, default="", max_length=10000, validators=[releaseorch.core.text.plain_text]),
        ),
        migrations.RunPython(fill_name_keys, migrations.RunPython.noop),
    ]
