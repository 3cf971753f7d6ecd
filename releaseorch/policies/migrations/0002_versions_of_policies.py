from typing import Any

import django.db.models.functions.datetime
import releaseorch.core.clock
import releaseorch.core.fields
from django.db import migrations, models
from releaseorch.core.fields import NAME_LENGTH, name_key


def fill_name_keys(apps: Any, schema_editor: Any) -> None:
    """Of two names that were the same to the eye already, the later keeps a key of its own."""
    model, taken = apps.get_model("policies", "ApprovalPolicy"), set()
    for row in model.objects.order_by("pk"):
        row.name_key = name_key(row.name)
        if row.name_key in taken:
            row.name_key = f"{row.name_key[: NAME_LENGTH - 24]} ~{row.pk}"
        taken.add(row.name_key)
        model.objects.bulk_update([row], ["name_key"])


class Migration(migrations.Migration):

    dependencies = [
        ('policies', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='approvalpolicy',
            name='name_key',
            field=releaseorch.core.fields.NameKey(blank=True, db_default='', editable=False, follows='name', max_length=200),
        ),
        migrations.AddField(
            model_name='approvalpolicy',
            name='version',
            field=models.PositiveIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name='approvalpolicy',
            name='valid_from',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=releaseorch.core.clock.now),
        ),
        migrations.AddField(
            model_name='approvalpolicy',
            name='valid_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(fill_name_keys, migrations.RunPython.noop),
    ]
