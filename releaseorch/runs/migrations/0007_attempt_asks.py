"""How often workers were asked what became of an attempt whose lease is over."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

OFTEN = 1000


def ask_nobody_about_older_ones(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What runs now told the far side another key than we would ask by: lost, it is unknown at once, as before."""
    running = apps.get_model("runs", "Attempt").objects.using(schema_editor.connection.alias)
    running.filter(state="running", person=None).update(asks=OFTEN)


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0006_retry_policy"),
    ]

    operations = [
        migrations.AddField(
            model_name="attempt",
            name="asked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="attempt",
            name="asks",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.RunPython(ask_nobody_about_older_ones, migrations.RunPython.noop),
    ]
