from typing import Any

import releaseorch.core.fields
from django.db import migrations
from releaseorch.core.fields import NAME_LENGTH, name_key

BATCH = 500
FOLLOWS = {"Feature": "key", "Release": "name"}


def fill_name_keys(apps: Any, schema_editor: Any) -> None:
    """Of two names that were the same to the eye already, the later keeps a key of its own until it is renamed."""
    for name, follows in FOLLOWS.items():
        model = apps.get_model("features", name)
        taken: set[str] = set()
        rows = []
        for row in model.objects.order_by("pk").iterator(BATCH):
            row.name_key = name_key(getattr(row, follows))
            if row.name_key in taken:
                row.name_key = f"{row.name_key[: NAME_LENGTH - 24]} ~{row.pk}"
            taken.add(row.name_key)
            rows.append(row)
        for start in range(0, len(rows), BATCH):
            model.objects.bulk_update(rows[start : start + BATCH], ["name_key"])


class Migration(migrations.Migration):

    dependencies = [
        ('features', '0002_versions_of_features'),
    ]

    operations = [
        migrations.AddField(
            model_name='feature',
            name='name_key',
            field=releaseorch.core.fields.NameKey(blank=True, default='', editable=False, follows='key', max_length=200),
        ),
        migrations.AddField(
            model_name='release',
            name='name_key',
            field=releaseorch.core.fields.NameKey(blank=True, default='', editable=False, follows='name', max_length=200),
        ),
        migrations.RunPython(fill_name_keys, migrations.RunPython.noop),
    ]
